// Says where a number comes from: on hover, or with the arrow keys inside a table.
(function () {
  var bar = document.getElementById("origin");
  function text(node) { return node ? node.textContent.trim() : ""; }
  function say(cell) {
    var table = cell.closest("table"), row = cell.parentElement;
    var head = table.tHead.rows[0].cells[cell.cellIndex];
    bar.textContent = [table.dataset.output, text(row.cells[0]), text(head)].filter(Boolean).join(" · ") +
      ": " + text(cell) + " — from " + table.dataset.origin;
    bar.hidden = false;
    table.querySelectorAll(".here").forEach(function (one) { one.classList.remove("here"); });
    cell.classList.add("here");
  }
  function quiet(table) {
    bar.hidden = true;
    table.querySelectorAll(".here").forEach(function (one) { one.classList.remove("here"); });
  }
  document.querySelectorAll("table[data-origin]").forEach(function (table) {
    var place = [0, 1], box = table.parentElement;
    table.addEventListener("mouseover", function (event) {
      var cell = event.target.closest("td");
      if (cell) { say(cell); }
    });
    table.addEventListener("mouseleave", function () { quiet(table); });
    box.addEventListener("blur", function () { quiet(table); });
    box.addEventListener("keydown", function (event) {
      var step = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
      if (event.key === "Escape") { quiet(table); return; }
      if (!step) { return; }
      var rows = Array.prototype.filter.call(table.tBodies[0].rows, function (row) { return row.cells.length > 1; });
      place[0] = Math.max(0, Math.min(rows.length - 1, place[0] + step[0]));
      place[1] = Math.max(1, Math.min(rows[place[0]].cells.length - 1, place[1] + step[1]));
      var cell = rows[place[0]].cells[place[1]];
      say(cell);
      cell.scrollIntoView({ block: "nearest", inline: "nearest" });
      event.preventDefault();
    });
  });
})();
