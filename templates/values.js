// Values of figures: pointed at with the mouse or a finger, or walked through with the arrows.
{
  const nearest = (spots, left, top, shape) => {
    const far = (spot) => ((spot.left - left) * shape.width) ** 2 + ((spot.top - top) * shape.height) ** 2;
    return spots.reduce((best, _, at) => (far(spots[at]) < far(spots[best]) ? at : best), 0);
  };
  // From one line to the next: to the point of it that lies nearest in the direction across.
  const otherLine = (spots, at, step) => {
    const names = [...new Set(spots.map((spot) => spot.series))];
    const to = names[names.indexOf(spots[at].series) + step];
    if (to === undefined) return at;
    const far = (spot) => Math.abs(spot.left - spots[at].left) + Math.abs(spot.top - spots[at].top) / 10;
    return spots.reduce((best, spot, one) => {
      if (spot.series !== to) return best;
      return best < 0 || far(spot) < far(spots[best]) ? one : best;
    }, -1);
  };
  const KEYS = {
    ArrowRight: (at) => at + 1,
    ArrowLeft: (at) => at - 1,
    PageDown: (at) => at + 10,
    PageUp: (at) => at - 10,
    Home: () => 0,
    End: (at, spots) => spots.length - 1,
    ArrowDown: (at, spots) => otherLine(spots, at, 1),
    ArrowUp: (at, spots) => otherLine(spots, at, -1),
  };

  const pointable = (figure, spots) => {
    const plot = figure.querySelector(".plot");
    const mark = document.createElement("span");
    const line = document.createElement("p");
    const label = figure.querySelector("figcaption .label").textContent.replace(/\.$/, "");
    let at = 0;
    mark.className = "spot";
    mark.tabIndex = 0;
    mark.setAttribute("role", "slider");
    mark.setAttribute("aria-label", `Values of ${label}`);
    mark.setAttribute("aria-valuemin", "1");
    mark.setAttribute("aria-valuemax", String(spots.length));
    line.className = "value";
    line.setAttribute("aria-hidden", "true");
    line.textContent = line.dataset.rest = "Point at the figure, or use the arrow keys, to read values.";
    const go = (to) => {
      at = Math.min(Math.max(to, 0), spots.length - 1);
      const spot = spots[at];
      const said = spot.series ? `${spot.series}: ${spot.words}` : spot.words;
      mark.style.left = `${100 * spot.left}%`;
      mark.style.top = `${100 * spot.top}%`;
      mark.setAttribute("aria-valuenow", String(at + 1));
      mark.setAttribute("aria-valuetext", said);
      return said;
    };
    const show = (to) => { line.textContent = go(to); plot.classList.add("pointed"); };
    const rest = () => {
      if (document.activeElement === mark) return;
      plot.classList.remove("pointed");
      line.textContent = line.dataset.rest;
    };
    go(0);
    const follow = (event) => {
      const shape = plot.getBoundingClientRect();
      show(nearest(spots, (event.clientX - shape.left) / shape.width, (event.clientY - shape.top) / shape.height, shape));
    };
    plot.addEventListener("pointermove", follow);
    plot.addEventListener("pointerdown", follow);
    plot.addEventListener("pointerleave", rest);
    mark.addEventListener("focus", () => show(at));
    mark.addEventListener("blur", rest);
    mark.addEventListener("keydown", (event) => {
      const move = KEYS[event.key];
      if (!move) return;
      event.preventDefault();
      show(move(at, spots));
    });
    plot.append(mark);
    figure.querySelector(".plotbox").after(line);
  };

  for (const store of document.querySelectorAll("script.values")) {
    const { series, spots } = JSON.parse(store.textContent);
    const listed = spots.map(([left, top, of, words]) => ({ left, top, series: series[of], words }));
    if (listed.length) pointable(store.closest("figure"), listed);
  }
}
