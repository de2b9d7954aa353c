"use strict";
const form = document.getElementById("choose");
const table = document.querySelector(".heat table");

if (form && table) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const points = row => Number.parseInt(row.cells[1].textContent, 10) || 0;

  const show = () => {
    const { stage, failing, order } = form.elements;
    heads.forEach((head, column) => {
      if (!head.classList.contains("check")) return;
      const away = (stage.value && head.dataset.stage !== stage.value)
        || (failing.checked && head.dataset.fails === "0");
      if (head.hidden === Boolean(away)) return;
      head.hidden = Boolean(away);
      for (const row of rows) row.cells[column].hidden = head.hidden;
    });
    const sorted = order.value === "points" ? [...rows].sort((a, b) => points(a) - points(b)) : rows;
    body.append(...sorted);
  };

  form.hidden = false;
  form.addEventListener("change", show);
  form.addEventListener("submit", event => event.preventDefault());
}
