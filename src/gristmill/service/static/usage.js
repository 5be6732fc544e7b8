// How much is asked, how fast it is answered, and what people think of it.

import { byId, el, get, page, seconds, table } from "./shared.js";

const SVG = "http://www.w3.org/2000/svg";

function shape(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

/** Bars by day, oldest first; the second number of a day stands at the foot of its bar. */
function bars(title, days, numbers) {
  const width = 640, height = 150, foot = 20, step = width / days.length;
  const most = Math.max(1, ...days.map((day) => numbers(day)[0]));
  const chart = shape("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  days.forEach((day, at) => {
    numbers(day).forEach((number, which) => {
      const tall = ((height - foot - 14) * number) / most;
      const bar = shape("rect", { x: at * step + 2, y: height - foot - tall, width: Math.max(1, step - 4), height: tall, class: which ? "second" : "" });
      bar.append(shape("title", {}, `${day.day}: ${number}`));
      chart.append(bar);
    });
    if (at % Math.ceil(days.length / 7) === 0) chart.append(shape("text", { x: at * step + 2, y: height - 5 }, day.day.slice(5)));
  });
  chart.append(shape("text", { x: 2, y: 10 }, `most: ${most}`));
  return el("section", { class: "card" }, el("h2", {}, title), chart);
}

page(async () => {
  const { days } = await get("/api/usage?days=28");
  const inOrder = [...days].reverse();
  byId("charts").append(
    bars("Questions by day; refused ones in red", inOrder, (day) => [day.questions, day.refused]),
    bars("Ratings by day; “not helpful” in red", inOrder, (day) => [day.up + day.down, day.down]),
  );
  const columns = [["Day"], ["Questions", "number"], ["Refused", "number"], ["People", "number"], ["Mean time", "number"], ["Helpful", "number"], ["Not helpful", "number"]];
  const rows = days.filter((day) => day.questions || day.up || day.down).map((day) =>
    [day.day, day.questions, day.refused, day.askers, seconds(day.mean_ms), day.up, day.down].map(String));
  byId("table").append(table(columns, rows));
});
