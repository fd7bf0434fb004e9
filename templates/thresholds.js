// The threshold is moved along the operating points that the run stored; nothing is computed here.
{
  const cellsOf = (row) => [...row.cells].map((cell) => cell.textContent.trim());
  const made = (name, text = "", className = "") => {
    const node = document.createElement(name);
    node.textContent = text;
    node.className = className;
    return node;
  };
  const pairs = (names, values) => {
    const list = made("dl", "", "point");
    names.forEach((name, at) => {
      const pair = made("div");
      pair.append(made("dt", name), made("dd", values[at]));
      list.append(pair);
    });
    return list;
  };

  const movable = (stored) => {
    const table = stored.querySelector("table");
    const heads = cellsOf(table.tHead.rows[0]);
    const rows = [...table.tBodies[0].rows];
    const chosen = Math.max(rows.findIndex((row) => row.classList.contains("chosen")), 0);
    const label = made("label", `${heads[0]} `);
    const slider = made("input");
    const output = made("output");
    const back = made("button", "Back to the protocol's");
    const panel = made("div", "", "threshold");
    const points = made("div", "", "points");
    slider.type = "range";
    slider.min = 0;
    slider.max = rows.length - 1;
    back.type = "button";
    label.append(slider);
    const show = (at) => {
      const cells = cellsOf(rows[at]);
      slider.value = at;
      slider.setAttribute("aria-valuetext", `${cells[0]}, sensitivity ${cells[5]}, specificity ${cells[6]}`);
      output.textContent = at === chosen ? `${cells[0]} (of the protocol)` : `${cells[0]} (not judged)`;
      points.replaceChildren(pairs(heads.slice(1, 5), cells.slice(1, 5)), pairs(heads.slice(5), cells.slice(5)));
      rows.forEach((row, one) => row.classList.toggle("shown", one === at));
    };
    slider.addEventListener("input", () => show(Number(slider.value)));
    back.addEventListener("click", () => show(chosen));
    const line = made("div", "", "line");
    line.append(label, output, back);
    panel.append(line, points);
    stored.before(panel);
    stored.open = false;
    show(chosen);
  };
  for (const stored of document.querySelectorAll("details.stored")) movable(stored);
}
