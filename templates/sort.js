// Tables are sorted by a head: up, down, and back to the order in which they were written.
{
  const FIRST_NUMBER = /^[<>≥≤=\s]*([-−+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)/i;
  const words = (row, column) => row.cells[column].textContent.trim().replace(/\u202f/g, "");
  const numberOf = (text) => {
    const found = FIRST_NUMBER.exec(text);
    return found ? Number(found[1].replace("−", "-")) : NaN;
  };
  const isNothing = (text) => text === "" || text === "–" || text.startsWith("not ");
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

  // A column is one of numbers if all that stands in it begins with one.
  const keysOf = (rows, column) => {
    const texts = new Map(rows.map((row) => [row, words(row, column)]));
    const areNumbers = [...texts.values()].every((text) => isNothing(text) || !Number.isNaN(numberOf(text)));
    return { texts, areNumbers };
  };
  const compare = ({ texts, areNumbers }, sign) => (a, b) => {
    const [one, other] = [texts.get(a), texts.get(b)];
    if (isNothing(one) || isNothing(other)) return isNothing(one) - isNothing(other);
    const apart = areNumbers ? numberOf(one) - numberOf(other) : 0;
    return sign * (apart || one.localeCompare(other, "en", { numeric: true }));
  };

  const status = document.querySelector(".sorted");
  const sortable = (table) => {
    const written = [...table.tBodies[0].rows];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const to = NEXT[head.getAttribute("aria-sort")];
        for (const other of heads) other.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", to);
        const sign = to === "descending" ? -1 : 1;
        const order = to === "none" ? written : [...written].sort(compare(keysOf(written, column), sign));
        table.tBodies[0].append(...order);
        const said = to === "none" ? "in the order of the report" : `sorted by ${button.textContent.trim()}, ${to}`;
        if (status) status.textContent = `Table ${said}`;
      });
    });
  };
  for (const table of document.querySelectorAll("table.grid, table.matrix")) {
    if (table.tBodies[0].rows.length > 1) sortable(table);
  }
}
