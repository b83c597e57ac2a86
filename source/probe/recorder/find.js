// Called on an element or the document: returns what one part of a selector leads to in it,
// or in its shadow. The kinds of selectors are those of Chrome DevTools Recorder.
function (part) {
  const root = this.shadowRoot || this;
  const most = 100;
  const all = function* (node) {
    for (const child of node.children || []) {
      yield child;
      if (child.shadowRoot) yield* all(child.shadowRoot);
      yield* all(child);
    }
  };
  const rest = (prefix) => (part.startsWith(prefix) ? part.slice(prefix.length) : null);
  const first = (list) => {
    const some = [];
    for (const one of list) {
      if (one.nodeType === Node.ELEMENT_NODE && some.push(one) >= most) break;
    }
    return some;
  };
  try {
    const xpath = rest('xpath/');
    if (xpath !== null) {
      const found = (root.ownerDocument || root).evaluate(xpath, root, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
      return first(Array.from({ length: found.snapshotLength }, (_, i) => found.snapshotItem(i)));
    }
    const css = rest('pierce/');
    if (css !== null) return first([...all(root)].filter((e) => e.matches(css)));
    const text = rest('text/');
    if (text !== null) {
      const says = (e) => {
        if (['SCRIPT', 'STYLE', 'HEAD', 'TITLE', 'META', 'NOSCRIPT', 'TEMPLATE'].includes(e.tagName)) return false;
        if (e.tagName === 'INPUT') return !['checkbox', 'radio', 'image'].includes(e.type) && e.value.includes(text);
        return (e.shadowRoot ? e.shadowRoot.textContent + e.textContent : e.textContent).includes(text);
      };
      const nearest = (e) => says(e) && ![...e.children, ...(e.shadowRoot ? e.shadowRoot.children : [])].some(says);
      return first([...all(root)].filter(nearest));
    }
    return first(root.querySelectorAll(rest('css/') || part));
  } catch {
    return []; // it is no selector: another one may lead there
  }
}
