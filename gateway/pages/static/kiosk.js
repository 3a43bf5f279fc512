// Taking a number: keys on the screen for the ID number and a print button. On a ticket machine, which is opened with
// ?machine=1, also: the slip is printed by itself, and the screen goes back to the start when it is left alone.
"use strict";

(() => {
  const IDLE_SECONDS = 60;
  const LEAVE_SECONDS = 30;

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

  const print = document.querySelector("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }

  if (new URLSearchParams(window.location.search).has("machine")) sessionStorage.setItem("machine", "1");
  if (sessionStorage.getItem("machine") !== "1") return;

  if (print) window.print();
  const dialog = document.getElementById("idle");
  let timer = 0;
  const leave = () => window.location.replace(dialog.dataset.home);
  const ask = () => {
    dialog.showModal();
    timer = window.setTimeout(leave, LEAVE_SECONDS * 1000);
  };
  const stay = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, IDLE_SECONDS * 1000);
  };
  // The answer counts at once: "close" comes only after the page's other work. By then the screen might have left, or
  // even asked again: a late "close" must not take back the next question's end.
  dialog.addEventListener("submit", stay);
  dialog.addEventListener("close", () => { if (!dialog.open) stay(); });
  for (const sign of ["pointerdown", "keydown"]) {
    document.addEventListener(sign, () => { if (!dialog.open) stay(); });
  }
  stay();
})();
