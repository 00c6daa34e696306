// The page without a server: switches, search, downloads, and where a number comes from.
(function () {
  "use strict";
  function all(selector, from) { return Array.prototype.slice.call((from || document).querySelectorAll(selector)); }
  function make(name, text) { var one = document.createElement(name); if (text) { one.textContent = text; } return one; }
  function words(node) { return node ? node.textContent.trim().replace(/\s+/g, " ") : ""; }

  // one version of a block at a time
  all(".block").forEach(function (block) {
    var versions = all(".variant", block);
    if (versions.length < 2) { return; }
    block.classList.add("switched");
    show(versions[0]);
  });
  function show(version) {
    all(".variant", version.parentElement).forEach(function (one) { one.classList.toggle("off", one !== version); });
    all(".switch a", version.parentElement).forEach(function (link) {
      if (link.hash === "#" + version.id) { link.setAttribute("aria-current", "true"); } else { link.removeAttribute("aria-current"); }
    });
  }
  all(".switch a").forEach(function (link) {
    link.addEventListener("click", function (event) {
      event.preventDefault();
      show(document.getElementById(link.hash.slice(1)));
      history.replaceState(null, "", link.hash);
    });
  });
  function follow() {
    var place = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var version = place && place.closest(".switched .variant");
    if (version) { show(version); }
    for (var one = place; one; one = one.parentElement) { if (one.tagName === "DETAILS") { one.open = true; } }
    if (place) { place.scrollIntoView(); }
  }
  window.addEventListener("hashchange", follow);

  // one of many figures, or of many groups of a table, at a time
  function pick(label, names, before, first, choose) {
    var box = make("label", label), select = make("select");
    box.className = "pick";
    names.forEach(function (name, number) { var option = make("option", name); option.value = number; select.append(option); });
    select.addEventListener("change", function () { choose(Number(select.value)); });
    box.append(" ", select);
    before.parentElement.insertBefore(box, before);
    select.value = first;
    choose(first);
  }
  all(".figures.several").forEach(function (box) {
    var figures = all("figure", box);
    if (figures.length < 7) { return; }
    box.classList.add("picked");
    pick("Show", figures.map(function (one) { return all(".drawn", one)[0].getAttribute("aria-label").replace("Figure: ", ""); }), box, 0,
      function (chosen) { figures.forEach(function (one, number) { one.classList.toggle("off", number !== chosen); }); });
  });
  all("table[data-repeats]").forEach(function (table) {
    var groups = all("tbody", table);
    var names = ["Everything"].concat(groups.map(function (one) { return words(one.rows[0].cells[0]); }));
    pick("Show", names, table.parentElement, 1, function (chosen) {
      groups.forEach(function (one, number) { one.classList.toggle("off", chosen > 0 && number !== chosen - 1); });
    });
  });

  // search
  var sought = document.getElementById("sought"), found = document.getElementById("found");
  sought.hidden = false;
  sought.form.addEventListener("submit", function (event) {
    event.preventDefault();
    var first = found.querySelector("a");
    if (first) { first.click(); }
  });
  sought.addEventListener("input", function () {
    var wanted = sought.value.toLowerCase().split(/\s+/).filter(Boolean);
    found.textContent = "";
    found.hidden = !wanted.length;
    if (!wanted.length) { return; }
    var hits = (window.searched || []).map(function (one) {
      var title = (one[1] + " " + one[2]).toLowerCase(), rest = (one[3] + " " + one[4]).toLowerCase();
      var is_hit = wanted.every(function (word) { return title.indexOf(word) >= 0 || rest.indexOf(word) >= 0; });
      var is_title = wanted.every(function (word) { return title.indexOf(word) >= 0; });
      return { rank: is_title ? 0 : 1, is_hit: is_hit, one: one };
    }).filter(function (hit) { return hit.is_hit; }).sort(function (a, b) { return a.rank - b.rank; });
    hits.slice(0, 12).forEach(function (hit) {
      var item = make("li"), link = make("a", hit.one[1] + " " + hit.one[2]);
      link.href = hit.one[0];
      item.append(link, make("small", hit.one[3]));
      found.append(item);
    });
    if (!hits.length) { found.append(make("li", "Nothing is found.")); }
    if (hits.length > 12) { found.append(make("li", "and " + (hits.length - 12) + " more")); }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) { event.preventDefault(); sought.focus(); }
    if (event.key === "Escape" && document.activeElement === sought) { sought.value = ""; found.hidden = true; }
  });

  // tables and queries of a page that stands alone: they lie in it as one compressed file
  function save(name, text, kind) {
    var link = make("a");
    link.href = URL.createObjectURL(new Blob([text], { type: kind }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }
  function files() {
    var bytes = Uint8Array.from(atob(words(document.getElementById("files"))), function (one) { return one.charCodeAt(0); });
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  }
  all("button[data-file]").forEach(function (one) {
    one.addEventListener("click", function () {
      files().then(function (found) { save(one.dataset.file, found[one.dataset.file], "text/plain;charset=utf-8"); });
    });
  });

  // a figure as SVG, where it has no file of its own, and as PDF through the printer's dialogue
  function button(text, title, act) {
    var one = make("button", text);
    one.type = "button";
    one.title = title;
    one.addEventListener("click", act);
    return one;
  }
  all(".take").forEach(function (take) {
    var figure = take.closest("figure"), drawn = figure.querySelector("svg");
    if (drawn && !take.querySelector("a")) {
      take.append(button("SVG", "Save this figure as SVG", function () {
        save(take.dataset.name + ".svg", new XMLSerializer().serializeToString(stamped(drawn, take.dataset.notice)), "image/svg+xml");
      }));
    }
    if (take.querySelector("a[href$='.pdf']")) { return; }
    take.append(button("PDF", "Print this figure alone: choose “Save as PDF”", function () {
      document.body.classList.add("one-figure");
      figure.classList.add("chosen");
      window.print();
      document.body.classList.remove("one-figure");
      figure.classList.remove("chosen");
    }));
  });
  function stamped(drawn, notice) {
    var copy = drawn.cloneNode(true), box = copy.viewBox.baseVal;
    if (!notice) { return copy; }
    var text = document.createElementNS("http://www.w3.org/2000/svg", "text");
    text.setAttribute("x", 8);
    text.setAttribute("y", box.height + 12);
    text.setAttribute("font-size", 11);
    text.textContent = notice;
    copy.append(text);
    copy.setAttribute("viewBox", "0 0 " + box.width + " " + (box.height + 18));
    return copy;
  }

  // contents: folded on a phone; where one is
  var contents = document.querySelector(".contents");
  if (window.matchMedia("(max-width: 60rem)").matches) { contents.open = false; }
  var places = {};
  all(".side a[href^='#']").forEach(function (link) { places[link.hash.slice(1)] = link; });
  if ("IntersectionObserver" in window) {
    var watcher = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting) { return; }
        all(".side .at").forEach(function (link) { link.classList.remove("at"); link.removeAttribute("aria-current"); });
        places[entry.target.id].classList.add("at");
        places[entry.target.id].setAttribute("aria-current", "location");
      });
    }, { rootMargin: "-10% 0px -75% 0px" });
    Object.keys(places).forEach(function (id) { var place = document.getElementById(id); if (place) { watcher.observe(place); } });
  }

  // where a number comes from: on hover, or with the arrow keys inside a table
  var bar = document.getElementById("origin");
  function say(cell) {
    var table = cell.closest("table"), row = cell.parentElement, head = table.tHead.rows[0].cells[cell.cellIndex];
    bar.textContent = [table.dataset.output, words(row.cells[0]), words(head)].filter(Boolean).join(" · ") +
      ": " + words(cell) + " — from " + table.dataset.origin;
    bar.hidden = false;
    all(".here", table).forEach(function (one) { one.classList.remove("here"); });
    cell.classList.add("here");
  }
  function quiet(table) {
    bar.hidden = true;
    all(".here", table).forEach(function (one) { one.classList.remove("here"); });
  }
  all("table[data-origin]").forEach(function (table) {
    var place = [0, 1], box = table.parentElement;
    table.addEventListener("mouseover", function (event) { var cell = event.target.closest("tbody td"); if (cell) { say(cell); } });
    table.addEventListener("mouseleave", function () { quiet(table); });
    box.addEventListener("blur", function () { quiet(table); });
    box.addEventListener("keydown", function (event) {
      var step = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
      if (event.key === "Escape") { quiet(table); return; }
      if (!step) { return; }
      var rows = all("tbody:not(.off) tr", table).filter(function (row) { return row.cells.length > 1; });
      place[0] = Math.max(0, Math.min(rows.length - 1, place[0] + step[0]));
      place[1] = Math.max(1, Math.min(rows[place[0]].cells.length - 1, place[1] + step[1]));
      var cell = rows[place[0]].cells[place[1]];
      say(cell);
      cell.scrollIntoView({ block: "nearest", inline: "nearest" });
      event.preventDefault();
    });
  });
  follow();
})();
