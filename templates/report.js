"use strict";
// Tables can be sorted by a head and filtered by a word; without scripts they stay as they are.
for (const table of document.querySelectorAll("table.grid:not(.verdicts)")) {
  const rows = () => [...table.tBodies[0].rows];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const words = (row) => row.cells[column].textContent.trim().replace(/\u202f/g, "");
      const sorted = rows().sort((a, b) => words(a).localeCompare(words(b), "en", { numeric: true }));
      if (!up) sorted.reverse();
      table.tBodies[0].append(...sorted);
    });
  });
  if (rows().length < 9) continue;
  const label = document.createElement("label");
  const input = document.createElement("input");
  input.type = "search";
  label.className = "filter";
  label.append("Show rows with ", input);
  table.parentElement.before(label);
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    for (const row of rows()) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
