/**
 * What a page does where scripts may run: the point next to the pointer says its value, and a button a curve hides it. Without scripts
 * the points have tooltips of the browser.
 */
export const script = `
const tip = document.body.appendChild(document.createElement("div"));
tip.className = "tip";
tip.hidden = true;
for (const svg of document.querySelectorAll("figure svg")) {
  const hits = [...svg.querySelectorAll("circle.hit")].map((at) => ({ at, text: at.textContent }));
  if (hits.length === 0) continue;
  svg.setAttribute("aria-label", svg.querySelector("title").textContent);
  for (const title of svg.querySelectorAll("title")) title.remove();
  let near = null;
  const leave = () => {
    near?.at.removeAttribute("stroke");
    near = null;
    tip.hidden = true;
  };
  const move = (event) => {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const away = ({ at }) => Math.hypot(at.cx.baseVal.value - x, at.cy.baseVal.value - y);
    const found = hits
      .filter(({ at }) => at.style.display !== "none")
      .reduce((a, b) => (a && away(a) <= away(b) ? a : b), null);
    if (!found || away(found) > 40) return leave();
    near?.at.removeAttribute("stroke");
    near = found;
    near.at.setAttribute("stroke", "currentColor");
    tip.textContent = near.text;
    tip.style.borderColor = near.at.getAttribute("color");
    tip.hidden = false;
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = Math.max(4, event.clientY - tip.offsetHeight - 14) + "px";
  };
  svg.addEventListener("pointermove", move);
  svg.addEventListener("pointerdown", move);
  svg.addEventListener("pointerleave", leave);
  const names = [...new Set(hits.map(({ at }) => at.getAttribute("aria-description")).filter(Boolean))];
  if (names.length < 2) continue;
  const toggles = document.createElement("div");
  toggles.className = "toggles";
  for (const name of names) {
    const button = toggles.appendChild(document.createElement("button"));
    const parts = [...svg.querySelectorAll("[aria-description]")].filter(
      (part) => part.getAttribute("aria-description") === name,
    );
    button.textContent = name;
    button.style.borderColor = parts.find((part) => part.matches("circle.hit")).getAttribute("color");
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      const show = button.getAttribute("aria-pressed") === "false";
      button.setAttribute("aria-pressed", String(show));
      for (const part of parts) part.style.display = show ? "" : "none";
    });
  }
  svg.after(toggles);
}
`;

/** The SHA-256 of that text, by which a page's policy allows it and nothing else. */
export const scriptHash = "sha256-w09ZGMTuoNljMc+ANnKwy0mLA2RQeqUUpETj+LmJOeM=";
