// honderd.js tells the server how it was for the person in front of this page: what they
// waited for, what failed, and what made them leave. It sets no cookie, reads no content,
// sends paths without their queries, keeps an id of the person only once the site says that
// they agreed, and is silent when the browser asks for privacy.
// Comments and indentation are taken out before it is served: docs/browser.md.
(function (w, d, nav) {
  'use strict';
  // What the server fills in: patience and what is no wait, in milliseconds; whether to tell all or only what servers cannot see.
  var C = { patience: 8000, left: 1000, all: 1 };
  var me = d.currentScript || d.querySelector('script[src*="honderd.js"]'), perf = w.performance, loc = w.location;
  if (w.honderd || !me || !perf || !w.fetch || !w.URL || !w.Promise) return;
  var api = w.honderd = { name: nothing, step: nothing, person: nothing, consent: nothing };
  function nothing() {}
  if (nav.globalPrivacyControl || nav.doNotTrack == '1' || w.doNotTrack == '1') return;

  var ask = w.fetch, data = me.dataset, to = data.to || new URL('beacon', me.src).href;
  var store;
  try { store = w[data.keep == 'local' ? 'localStorage' : 'sessionStorage']; store.getItem('honderd'); } catch (e) { store = 0; }
  function read(name) { try { return JSON.parse(store.getItem('honderd.' + name)); } catch (e) { return null; } }
  function write(name, value) { try { value ? store.setItem('honderd.' + name, JSON.stringify(value)) : store.removeItem('honderd.' + name); } catch (e) { return; } }

  // A sample is of tabs, so that a person's time is told whole or not at all.
  if (data.sample && !(data.sample >= 1)) {
    var chosen = read('s') || (Math.random() < data.sample ? 1 : 2);
    write('s', chosen);
    if (chosen > 1) return;
  }

  // Nothing of ours may break the page: what fails in here ends in here.
  function safe(f) { return function () { try { return f.apply(this, arguments); } catch (e) { return; } }; }
  function on(target, name, f) { target.addEventListener(name, safe(f), { capture: true, passive: true }); }
  function later(f, ms) { return setTimeout(safe(f), ms); }
  var now = Date.now;
  function random() { return Math.random().toString(36).slice(2, 12) + now().toString(36); }

  var hosts = [loc.host].concat((data.hosts || '').split(/[\s,]+/));
  // own returns the address if it is one of the site's: what others' servers do is not its fault.
  function own(address) {
    try {
      var u = new URL(address, loc.href);
      return /^http/.test(u.protocol) && hosts.indexOf(u.host) >= 0 && u.href.indexOf(to) ? u : null;
    } catch (e) { return null; }
  }

  // Who agreed to be recognised has an id in this browser, until they no longer do.
  var known;
  function consent(yes) {
    known = undefined;
    if (!C.all) return; // servers tell who it is, and do not have the id
    var kept = w.localStorage;
    if (!yes) return kept.removeItem('honderd.id');
    known = kept.getItem('honderd.id') || [].map.call(w.crypto.getRandomValues(new Uint8Array(16)), function (b) { return (b + 256).toString(16).slice(1); }).join('');
    kept.setItem('honderd.id', known);
  }
  api.consent = safe(consent);
  if (data.consent == 'yes') api.consent(1);

  // What waits to be told. A message keeps its id until it has arrived, so that it counts once.
  var queue = [], id = random(), timer, dropped = 0, armed, gone, person = data.person;
  function tell(item, soon) {
    if (queue.length >= 100) { dropped++; return; }
    item = Object.assign({ t: now(), p: view.p, n: view.n, j: view.j }, item);
    queue.push(item);
    arm();
    clearTimeout(timer);
    timer = later(flush, soon ? 500 : 4000);
  }
  function message(items, vitals) {
    return { id: id, k: data.key, u: person, c: known, l: data.labels, r: nav.webdriver ? 1 : undefined, d: dropped || undefined, v: vitals, i: items };
  }
  function text(m) { m.t = now(); return JSON.stringify(m); }
  // arm leaves a message with the browser, which sends it should the page die without a word.
  function arm() {
    if (!w.fetchLater) return;
    disarm();
    var items = queue.concat(leaving());
    if (!items.length) return;
    armed = new AbortController();
    try { w.fetchLater(to, { method: 'POST', body: text(message(items)), credentials: 'omit', signal: armed.signal }); } catch (e) { armed = 0; }
  }
  function disarm() { if (armed) armed.abort(); armed = 0; }
  function flush() {
    if (!queue.length) return;
    disarm();
    send(message(queue));
    queue = []; id = random(); dropped = 0;
    arm();
  }
  // send tries to tell, and keeps what could not be told: the server may be the one that is gone.
  var resting = 0, sending;
  function send(m) {
    ask.call(w, to, { method: 'POST', body: text(m), keepalive: true, credentials: 'omit' }).then(safe(function (a) {
      if (a.status == 429 || a.status >= 500) return keep(m);
      resting = sending = 0;
      var kept = others(m);
      write('q', kept.length && kept);
      if (kept.length) again();
    }), safe(function () { keep(m); }));
  }
  function others(m) { return (read('q') || []).filter(function (o) { return o.id != m.id; }); }
  function keep(m) {
    var kept = others(m).concat(m);
    while (kept.length > 20 || JSON.stringify(kept).length > 3e4) kept.shift();
    write('q', kept);
    resting = Math.min(resting * 2 || 2000, 6e4);
    clearTimeout(sending);
    sending = later(again, resting);
  }
  function again() {
    clearTimeout(sending);
    var kept = read('q');
    if (kept && kept.length) send(kept[0]);
  }
  // last tells all at once when the page may be gone in a moment. What was bad is kept too, for the next page of this tab.
  function last(items, vitals) {
    if (!items.length && !vitals) return;
    disarm();
    var m = message(items, vitals), body = text(m);
    if (items.some(function (o) { return o.f || o.k == 'left'; })) keep(m);
    try { if (!nav.sendBeacon || !nav.sendBeacon(to, body)) send(m); } catch (e) { send(m); }
    queue = []; id = random(); dropped = 0;
    clearTimeout(timer);
  }

  // Views: a page, or what an application shows as one.
  var nt = (perf.getEntriesByType('navigation') || [])[0] || {}, begun = nt.activationStart || 0;
  var origin = perf.timeOrigin || now() - perf.now(), unseen = d.visibilityState == 'hidden', lcp = 0, cls = 0, inp = 0, painted;
  var view = { p: loc.pathname, t: origin + begun, n: data.step, j: data.journey, first: 1, seen: {} };
  function show() {
    if (view.told) return;
    view.told = 1;
    var wait = view.first ? (unseen ? 0 : (lcp || nt.loadEventEnd || nt.domContentLoadedEventEnd || 0) - begun) : view.d ? view.d - view.t : 0;
    if (C.all || wait > C.patience) tell({ k: 'view', w: Math.round(Math.max(wait, 0)), t: Math.round(view.t + wait), s: view.first && nt.responseStatus || 200 });
  }
  function ripe(v) {
    if (v != view || v.told) return;
    if ((v.first && d.readyState != 'complete') || any(function (r) { return r.v == v && r.t - v.t < 1000; })) later(function () { ripe(v); }, 1000);
    else show();
  }
  function moved() {
    if (loc.pathname == view.p) return;
    show();
    view = { p: loc.pathname, t: now(), seen: {} };
    later(ripe.bind(0, view), 1500);
  }
  ['pushState', 'replaceState'].forEach(function (name) {
    var original = w.history[name];
    w.history[name] = function () {
      var r = original.apply(this, arguments);
      safe(moved)();
      return r;
    };
  });
  on(w, 'popstate', function () { later(moved, 0); });
  api.name = safe(function (step, journey) { view.n = step; view.j = journey || view.j; });
  api.step = safe(function (step, journey, bad) { tell({ k: 'step', n: step, j: journey || view.j, f: bad ? 'script' : undefined }, bad); });
  api.person = safe(function (name) { person = name; });

  // Requests. Only those that a person's act began are waited for: nobody waits for what polls.
  var pending = [], act = 0, worst = { at: 0 };
  function any(f) { return pending.some(f); }
  function begin(method, address) {
    var u = own(address);
    if (!u) return null;
    var r = { m: method.toUpperCase(), p: u.pathname, t: now(), v: view, a: now() - act < 1000 };
    if (pending.push(r) > 200) pending.shift();
    if (r.a) later(function () { if (pending.indexOf(r) >= 0) arm(); }, C.left + 50);
    return r;
  }
  function end(r, status, why) {
    var at = pending.indexOf(r), wait = now() - r.t;
    if (at < 0) return;
    pending.splice(at, 1);
    if (armed) arm();
    if (r.a) act = Math.max(act, now());
    if (r.v == view && r.t - view.t < 1000) view.d = now();
    if (gone || /abort/i.test(why)) return;
    var item = { k: 'ask', m: r.m, p: r.p, w: wait, s: status || undefined, t: now() };
    if (!status) {
      // A page that goes elsewhere breaks off its requests: wait and see whether it stays.
      item.f = /timeout/i.test(why) ? 'time' : 'net';
      item.o = nav.onLine === false ? 1 : undefined;
      later(function () { if (!gone) fail(item); }, 300);
    } else if (status >= 500 || status == 429 || status == 408) fail(item);
    else if (status >= 400 || wait > C.patience || C.all && r.m != 'GET' && r.m != 'HEAD' && r.m != 'OPTIONS') tell(item);
  }
  function fail(item) { worst = item; worst.at = now(); tell(item, 1); }
  function failed(ms) { return now() - worst.at < ms; }
  w.fetch = function (input, init) {
    var r = safe(function () { return begin(init && init.method || input.method || 'GET', input.url || String(input)); })();
    var p = ask.apply(this, arguments);
    if (r) p.then(safe(function (a) { end(r, a.status || 200); }), safe(function (e) { end(r, 0, e && e.name); }));
    return p;
  };
  var X = w.XMLHttpRequest && w.XMLHttpRequest.prototype, opened = w.WeakMap && new WeakMap();
  if (X && opened) {
    var open = X.open, put = X.send;
    X.open = function (method, address) { opened.set(this, [String(method), address]); return open.apply(this, arguments); };
    X.send = function () {
      var x = this, o = opened.get(x), r = o && safe(begin)(o[0], o[1]);
      if (r) ['load', 'error', 'abort', 'timeout'].forEach(function (name) { on(x, name, function () { end(r, x.status, name); }); });
      return put.apply(x, arguments);
    };
  }

  // Errors. One is felt when it comes of what the person just did, or before the page was there.
  function broke(file, key) {
    if (!own(file) || view.seen[key] || (view.count = (view.count || 0) + 1) > 10) return;
    view.seen[key] = 1;
    if (now() - act < 1000 || d.readyState != 'complete') fail({ k: 'error', f: 'script' });
  }
  on(w, 'error', function (e) {
    var el = e.target, file = el && (el.src || el.href);
    if (el == w || !el.tagName) {
      if (e.filename && !/^ResizeObserver/.test(e.message)) broke(e.filename, e.message + e.filename + e.lineno);
    } else if (/^(SCRIPT|LINK|IMG)$/.test(el.tagName) && file && (file = own(file))) {
      // What a page asks for by itself: only when nobody answered, for the rest is in the server's log.
      var entry = perf.getEntriesByName(file.href).pop();
      if (entry && entry.responseStatus) return;
      later(function () { if (!gone) fail({ k: 'part', f: 'net', m: 'GET', p: file.pathname, o: nav.onLine === false ? 1 : undefined }); }, 300);
    }
  });
  on(w, 'unhandledrejection', function (e) {
    var stack = String(e.reason && e.reason.stack || ''), file = /https?:\/\/[^\s)]+?(?=:\d+:\d+)/.exec(stack);
    if (file) broke(file[0], stack.slice(0, 300));
  });

  // Acts, and clicks in anger: three within a second on one place, while something is slow or just failed.
  var clicks = [];
  on(d, 'keydown', function (e) { if (e.key == 'Enter') act = now(); });
  on(d, 'submit', function () { act = now(); });
  on(d, 'click', function (e) {
    act = now();
    if (e.target.closest && e.target.closest('input:not([type=submit]):not([type=button]),select,textarea,[contenteditable],video,audio')) return;
    clicks = clicks.concat([[act, e.clientX, e.clientY]]).slice(-3);
    if (clicks.length < 3 || act - clicks[0][0] > 1000 || Math.abs(e.clientX - clicks[0][1]) > 30 || Math.abs(e.clientY - clicks[0][2]) > 30) return;
    clicks = [];
    var waits = pending.filter(function (r) { return r.a; });
    if (failed(5000) || d.readyState != 'complete') rage();
    else later(function () {
      var r = waits.filter(function (o) { return pending.indexOf(o) >= 0; })[0];
      if (r || failed(1500)) rage(r);
    }, C.left);
  });
  function rage(r) {
    var why = !r && failed(6000) ? worst : { f: 'slow' };
    tell({ k: 'rage', w: r ? now() - r.t : 0, m: r && r.m, p: r ? r.p : view.p, f: why.f, s: why.s }, 1);
  }

  // Vitals, as they are defined at web.dev/articles/vitals.
  function watch(type, f, more) {
    try { new PerformanceObserver(safe(function (l) { l.getEntries().forEach(f); })).observe(Object.assign({ type: type, buffered: true }, more)); } catch (e) { return; }
  }
  var shift = 0, from = 0, until = 0;
  watch('paint', function () { painted = 1; });
  watch('largest-contentful-paint', function (e) { if (!view.told || view.first) lcp = e.startTime; });
  watch('layout-shift', function (e) {
    if (e.hadRecentInput) return;
    if (e.startTime - until > 1000 || e.startTime - from > 5000) { shift = 0; from = e.startTime; }
    until = e.startTime;
    cls = Math.max(cls, shift += e.value);
  });
  watch('event', function (e) {
    if (!e.interactionId) return;
    inp = Math.max(inp, e.duration);
    if (e.duration > C.patience) fail({ k: 'ask', w: Math.round(e.duration), f: 'slow' });
  }, { durationThreshold: 40 });
  var counted;
  function vitals() {
    if (counted || unseen || !view.told) return;
    counted = 1;
    return { lcp: Math.round(lcp - begun) || undefined, cls: Math.round(cls * 1000) / 1000, inp: Math.round(inp) || undefined, ttfb: Math.round(nt.responseStart - begun) || undefined };
  }

  // Leaving. Who leaves while they wait for an answer, or for a page to appear, gave up.
  function leaving() {
    var r = pending.filter(function (o) { return o.a && now() - o.t >= C.left && now() - o.t < 3e5; })[0];
    if (r) return [{ k: 'left', m: r.m, p: r.p, w: now() - r.t, t: now(), n: r.v.n, j: r.v.j }];
    if (view.first && !view.told && !painted && !unseen && d.readyState != 'complete' && now() - view.t > C.left) return [{ k: 'left', p: view.p, w: Math.round(now() - view.t), t: now(), n: view.n, j: view.j }];
    return [];
  }
  on(d, 'visibilitychange', function () {
    if (d.visibilityState != 'hidden' || gone) return;
    if (!view.first || d.readyState == 'complete') show();
    last(queue, vitals());
  });
  // What the person asks for next is noted: a page that loads finds out whether it had to be asked for twice.
  var next;
  if (w.navigation) on(w.navigation, 'navigate', function (e) {
    var u = e.destination;
    if (u.sameDocument || e.downloadRequest != null || !own(u.url)) return;
    next = { h: u.url.split('#')[0], t: now(), m: e.formData ? 'POST' : 'GET' };
  });
  on(w, 'pagehide', function () {
    if (painted || !view.first || d.readyState == 'complete') show();
    var left = leaving();
    gone = 1;
    if (next && now() - next.t < 6e4) write('n', next);
    last(queue.concat(left), vitals());
  });
  on(w, 'pageshow', function (e) {
    if (!e.persisted) return;
    gone = 0; pending = []; next = 0;
    write('n');
    view = { p: loc.pathname, t: now(), n: data.step, j: data.journey, seen: {} };
    later(ripe.bind(0, view), 1500);
    again();
  });
  on(w, 'online', again);

  var was = read('n');
  write('n');
  if (was && was.h == loc.href.split('#')[0] && origin - was.t > 2000) fail({ k: 'nav', f: 'net', m: was.m, t: was.t });
  later(again, 1000);
  if (d.readyState == 'complete') later(ripe.bind(0, view), 1500);
  else on(w, 'load', function () { later(ripe.bind(0, view), 1500); });
})(window, document, navigator);
