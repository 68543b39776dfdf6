// The form of a decision about an approval, for the side of a talk and for the queue.
import { say, W } from "./words.js";

const D = W.approvals;

export function decide(ctx, one, decision) {
  const refuses = decision === "refuse";
  return {
    title: say(refuses ? D.refuse_title : D.grant_title, one),
    intro: refuses ? D.refuse_why : D.grant_why,
    kind: refuses ? "bad" : "primary",
    fields: [
      { name: "reason", label: refuses ? D.reason : D.remark, type: "textarea", max: 500, required: refuses },
      { name: "tell", label: D.tell, type: "checkbox", value: true },
    ],
    submit: refuses ? D.refuse : D.grant,
    send: ({ reason, tell }, confirmed) => ctx.api.post(`/approvals/${one.id}/decision`, { decision, reason: reason || null, version: one.version, tell, confirmed }),
  };
}
