// The hall's board: speaks new calls, tells whether the line stands, and shows the hall's time.
"use strict";

(() => {
  const hall = document.getElementById("hall");
  const voice = document.getElementById("voice");
  const line = document.getElementById("line");
  const clock = document.getElementById("clock");
  const announced = document.getElementById("announced");
  const synthesis = window.speechSynthesis;

  // What was called before the page was opened isn't called again.
  const known = new Set(calls().map((call) => call.dataset.call));

  function calls() {
    return [...hall.querySelectorAll("[data-call]")];
  }

  function speak(text) {
    if (!voice.checked || !synthesis) return;
    const words = new SpeechSynthesisUtterance(text);
    words.lang = "zh-CN";
    words.rate = 0.9;
    // Until somebody has touched the page, a browser may refuse: then the switch mustn't say otherwise.
    words.onerror = (event) => { if (event.error === "not-allowed") voice.checked = false; };
    synthesis.speak(words);
  }

  hall.addEventListener("htmx:sseMessage", () => {
    const fresh = calls().filter((call) => !known.has(call.dataset.call)).reverse();
    for (const call of fresh) {
      known.add(call.dataset.call);
      call.classList.add("fresh");
      announced.textContent = call.dataset.speech;
      speak(call.dataset.speech);
    }
    if (known.size > 1000) {
      known.clear();
      for (const call of calls()) known.add(call.dataset.call);
    }
  });

  document.body.addEventListener("htmx:sseOpen", () => {
    line.textContent = "实时更新中";
    line.classList.remove("lost");
  });
  document.body.addEventListener("htmx:sseError", () => {
    line.textContent = "连接中断，正在重连…";
    line.classList.add("lost");
  });

  // A browser speaks only after somebody has touched the page: hence a switch, which is remembered.
  if (synthesis) {
    voice.closest("label").hidden = false;
    voice.addEventListener("change", () => {
      synthesis.cancel();
      localStorage.setItem("voice", voice.checked ? "on" : "off");
      if (voice.checked) speak("语音播报已开启");
    });
    if (localStorage.getItem("voice") === "on") {
      voice.checked = true;
      speak("语音播报已开启");
    }
  }

  // The hall's time is the site's, which a demo may have moved.
  const ahead = Number(clock.dataset.now) * 1000 - Date.now();
  const shown = new Intl.DateTimeFormat("zh-CN", {
    timeZone: "Asia/Shanghai", month: "long", day: "numeric", weekday: "long", hour: "2-digit", minute: "2-digit",
  });
  const tick = () => { clock.textContent = shown.format(new Date(Date.now() + ahead)); };
  tick();
  window.setInterval(tick, 1000);
})();
