// The acts of the page to try honderd.js on.
document.addEventListener('click', function (e) {
  var b = e.target.closest('button'), out = document.getElementById('out');
  if (!b) return;
  if (b.dataset.throw) {
    out.textContent = 'The script broke.';
    throw new Error('the page to try it on broke, as it was told to');
  }
  if (b.dataset.view) {
    history.pushState(null, '', b.dataset.view);
    out.textContent = 'You are at ' + location.pathname + ' now.';
    return;
  }
  out.textContent = 'Asked ...';
  fetch(b.dataset.ask, { method: 'POST' }).then(function (a) { out.textContent = 'Answered with ' + a.status + '.'; }, function () { out.textContent = 'Nobody answered.'; });
});
