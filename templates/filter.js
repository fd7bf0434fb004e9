// One filter for the rows of all tables: by group of patients, by outcome, by words. It works on
// the tables that have what it asks for, and says beside each how many rows are left.
const form = document.querySelector("form.filters");
if (form) {
  const { subset, outcome, words } = form.elements;
  const status = form.querySelector("output");
  const listed = (text) => (text ? text.split("\n") : []);
  const tables = [...document.querySelectorAll("main table.grid")].map((table) => {
    const note = document.createElement("p");
    note.className = "left";
    note.hidden = true;
    table.parentElement.before(note);
    const rows = [...table.tBodies[0].rows].map((row) => ({
      row,
      subsets: listed(row.dataset.subset),
      outcome: row.dataset.outcome || "",
      text: row.textContent.toLowerCase(),
    }));
    return { note, rows, hasSubsets: rows.some((one) => one.subsets.length), hasOutcomes: rows.some((one) => one.outcome) };
  });
  const everyRow = tables.flatMap((table) => table.rows);

  const option = (value) => new Option(value, value);
  const sorted = (values) => [...new Set(values)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const groups = new Map();
  for (const name of sorted(everyRow.flatMap((one) => one.subsets))) {
    const variable = name.split(": ")[0];
    if (!groups.has(variable)) groups.set(variable, []);
    groups.get(variable).push(name);
  }
  for (const [variable, names] of groups) {
    const group = document.createElement("optgroup");
    group.label = variable;
    group.append(...names.map(option));
    subset.append(group);
  }
  for (const one of sorted(everyRow.map((row) => row.outcome).filter(Boolean))) outcome.append(option(one));
  for (const box of [subset, outcome]) box.disabled = box.options.length < 2;

  const show = () => {
    const wanted = words.value.trim().toLowerCase();
    let left = 0, all = 0, touched = 0;
    for (const { note, rows, hasSubsets, hasOutcomes } of tables) {
      const bySubset = subset.value && hasSubsets;
      const byOutcome = outcome.value && hasOutcomes;
      let shown = 0;
      for (const one of rows) {
        const lets = (!bySubset || one.subsets.includes(subset.value))
          && (!byOutcome || one.outcome === outcome.value)
          && (!wanted || one.text.includes(wanted));
        one.row.hidden = !lets;
        shown += lets;
      }
      const isFiltered = Boolean(bySubset || byOutcome || wanted);
      note.hidden = !isFiltered;
      note.textContent = `${shown} of ${rows.length} rows shown`;
      if (isFiltered) { left += shown; all += rows.length; touched += 1; }
    }
    form.classList.toggle("on", touched > 0);
    status.textContent = touched ? `${left} of ${all} rows shown in ${touched} tables` : "All rows shown";
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  show();
}
