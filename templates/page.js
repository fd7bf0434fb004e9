// The page itself: dark or light, a list of contents that folds, tables that scroll by keyboard.
{
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";

  const bar = document.querySelector(".tools");
  if (bar) bar.hidden = false;

  const dark = document.querySelector("button.dark");
  if (dark) {
    const say = () => dark.setAttribute("aria-pressed", String(isDark()));
    dark.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; say(); });
    prefersDark.addEventListener("change", say);
    say();
  }

  const isSmall = matchMedia("(max-width: 60rem)").matches;
  document.querySelectorAll("nav.contents h2").forEach((head, place) => {
    const list = head.nextElementSibling;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    list.id ||= `contents-${place}`;
    button.setAttribute("aria-controls", list.id);
    const open = (is) => { button.setAttribute("aria-expanded", String(is)); list.hidden = !is; };
    open(place === 0 && !isSmall);
    button.addEventListener("click", () => open(list.hidden));
    head.replaceChildren(button);
  });

  // A box that scrolls can be reached by the keyboard; one that does not is no stop on the way.
  const boxes = [...document.querySelectorAll(".tablebox, .plotbox")];
  const reach = () => boxes.forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
  addEventListener("resize", reach);
  addEventListener("toggle", reach, true);
  reach();
}
