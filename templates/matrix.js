// Filters of the matrix: a row is shown if every box that is set lets it through.
{
  const form = document.querySelector("form.controls");
  const rows = [...document.querySelector("table.matrix tbody").rows];
  const has = (list, one) => !one || list.split(" ").includes(one);
  const lets = (row) => {
    const { row: kind, state, source, kind: evidence, words } = form.elements;
    return (!kind.value || row.dataset.row === kind.value)
      && (!state.value || row.dataset.state === state.value)
      && has(row.dataset.source, source.value)
      && has(row.dataset.kind, evidence.value)
      && (!words.value || row.textContent.toLowerCase().includes(words.value.toLowerCase()));
  };
  const show = () => {
    let count = 0;
    for (const row of rows) { row.hidden = !lets(row); count += row.hidden ? 0 : 1; }
    form.querySelector("output").textContent = `${count} of ${rows.length} rows`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
}
