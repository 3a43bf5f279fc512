// A desk tells when the site can't be reached, as then nothing else on it would.
"use strict";

(() => {
  const away = () => {
    const desk = document.getElementById("desk");
    if (!desk || desk.querySelector(".away")) return;
    const word = document.createElement("p");
    word.className = "problem away";
    word.setAttribute("role", "alert");
    word.textContent = "网络连接中断，刚才的操作可能没有完成。恢复后请刷新页面，核对后再操作。";
    desk.prepend(word);
  };
  document.body.addEventListener("htmx:sendError", away);
  document.body.addEventListener("htmx:timeout", away);
})();
