// The few things that HTML and htmx do not do: examples, dropping a file, keys, and saying that an answer is not up to date.
"use strict";
const form = document.getElementById("patient");
const note = document.getElementById("note");

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-note]");
  if (!chosen || !form) return;
  event.preventDefault();
  form.reset();
  form.querySelectorAll("[name='record']").forEach((field) => { field.value = ""; });
  note.value = chosen.dataset.note;
  note.dispatchEvent(new Event("input", { bubbles: true }));
  note.focus();
});

// A question that wants a number leads to its field, wherever that is folded away.
document.addEventListener("click", (event) => {
  const field = event.target.closest("#answer label[for^='fact.']")?.control;
  field?.closest("details")?.setAttribute("open", "");
  field?.focus();
});

// Enter in a field asks for the answer without losing the place.
document.addEventListener("submit", (event) => {
  if (event.submitter && event.submitter.id !== "go") return;
  event.preventDefault();
  note.dispatchEvent(new Event("input", { bubbles: true }));
});

// What stands open is told anew for the patient as entered now; an answered question is gone: the next one takes the focus.
document.addEventListener("htmx:after:swap", (event) => {
  if (event.target.matches?.("details[hx-post]")) return;
  document.querySelectorAll("#rulings input").forEach((field) => { field.checked = field.defaultChecked; });
  document.querySelectorAll(".option details[open]").forEach((found) => found.dispatchEvent(new Event("toggle")));
  if (document.activeElement === document.body) document.querySelector("#questions")?.focus();
});

if (form) {
  const file = document.getElementById("file");
  file.addEventListener("input", (event) => event.stopPropagation());
  const open = () => {
    const size = [...file.files].reduce((sum, one) => sum + one.size, 0);
    const tooLarge = document.getElementById("too-large");
    tooLarge.hidden = size <= Number(file.dataset.largest);
    if (!tooLarge.hidden) file.value = "";
    else if (file.files.length) form.submit();
  };
  file.addEventListener("change", open);
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("dropping"); });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("dropping");
    file.files = event.dataTransfer.files;
    open();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      note.focus();
    }
  });
}
