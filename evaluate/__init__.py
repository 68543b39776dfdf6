"""`make eval`: how well the trained engine understands real shoppers, with intervals, pictures and the last saved result beside it."""
