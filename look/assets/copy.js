// A copy of the public page that stands elsewhere grows old: after five minutes it says
// that it is not known any more how it is. Without this script it says so in words.
"use strict";
(() => {
  const age = document.getElementById("age"), asOf = Number(document.body.dataset.asOf);
  const look = () => {
    if (!age || Date.now() / 1000 - asOf < 300) return;
    age.classList.add("old");
    document.body.classList.add("stale");
  };
  look();
  setInterval(look, 5000);
})();
