"use strict";
const form = document.getElementById("filter");
const findings = [...document.querySelectorAll("details.finding")];
const checks = [...document.querySelectorAll("article.check")];

function show() {
  const { stage, verdict } = form.elements;
  let shown = 0;
  for (const check of checks) {
    const fits = (!stage.value || check.parentElement.dataset.stage === stage.value)
      && (!verdict.value || check.dataset.verdict === verdict.value);
    check.hidden = !fits;
    if (fits) shown += 1;
  }
  for (const section of document.querySelectorAll("section.stage"))
    section.hidden = !section.querySelector("article.check:not([hidden])");
  form.querySelector("output").value = shown === checks.length ? "" : shown + " of " + checks.length + " checks";
}

form.hidden = false;
form.addEventListener("change", show);
form.addEventListener("submit", event => event.preventDefault());

for (const button of document.querySelectorAll("button[data-copy]")) {
  const text = button.parentElement.querySelector("code");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      // Where a page may not write the clipboard, marked text is one key away from it.
      getSelection().selectAllChildren(text);
      button.textContent = "Marked";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

// A link into the page opens what it leads to; so does printing.
function unfold() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  form.reset();
  show();
  for (const finding of target.querySelectorAll("details.finding")) finding.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", unfold);
addEventListener("beforeprint", () => { for (const finding of findings) finding.open = true; });
if (findings.length) findings[0].open = true;
unfold();
