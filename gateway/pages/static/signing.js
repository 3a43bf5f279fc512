// Signing on the page: what is drawn goes into the form as a picture, and nothing where nothing was drawn.
"use strict";

(() => {
  const ready = (pad) => {
    if (pad.dataset.ready) return;
    pad.dataset.ready = "yes";
    pad.hidden = false;
    const canvas = pad.querySelector("canvas");
    const kept = pad.querySelector('input[name="signature"]');
    const pen = canvas.getContext("2d");
    pen.lineWidth = 4;
    pen.lineCap = "round";
    pen.lineJoin = "round";
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pen.beginPath();
      pen.moveTo(...at(event));
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      pen.lineTo(...at(event));
      pen.stroke();
    });
    canvas.addEventListener("pointerup", () => { kept.value = canvas.toDataURL("image/png"); });
    pad.querySelector("[data-clear]").addEventListener("click", () => {
      pen.clearRect(0, 0, canvas.width, canvas.height);
      kept.value = "";
    });
  };
  const all = () => document.querySelectorAll("[data-signing]").forEach(ready);
  all();
  document.body.addEventListener("htmx:afterSettle", all);
})();
