// The shop's colour made readable: WCAG 2.2 AA asks 4.5 to 1 of text against its paper.
const luminance = (rgb) => rgb.map((part) => (part / 255 <= 0.04045 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4)).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
const mixed = (rgb, end, share) => rgb.map((part) => Math.round(part + (end - part) * share));

export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

// The nearest shade of this colour in which a text on this paper can be read.
export function readable(rgb, paper) {
  const end = luminance(paper) > 0.4 ? 0 : 255;
  for (let share = 0; share < 1; share += 0.05) {
    const shade = mixed(rgb, end, share);
    if (contrast(shade, paper) >= 4.6) return shade;
  }
  return [end, end, end];
}
