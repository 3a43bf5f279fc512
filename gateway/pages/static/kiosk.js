// The ticket machine: keys on the screen for the ID number, a print button, and back to the start when it is left alone.
"use strict";

(() => {
  for (const pad of document.querySelectorAll("[data-keypad-for]")) {
    const input = document.getElementById(pad.dataset.keypadFor);
    pad.hidden = false;
    pad.addEventListener("click", (event) => {
      const key = event.target.dataset.key;
      if (!key) return;
      if (key === "delete") input.value = input.value.slice(0, -1);
      else if (input.value.length < input.maxLength) input.value += key;
    });
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
