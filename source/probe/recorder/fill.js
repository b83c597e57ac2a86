// Called on an element: makes it take a value. Returns 'type' when the value must be typed,
// '' when it was set, and otherwise why it cannot be.
function (value) {
  const tell = (...names) => names.forEach((name) => this.dispatchEvent(new Event(name, { bubbles: true })));
  const set = (proto, name, to) => Object.getOwnPropertyDescriptor(proto, name).set.call(this, to);
  if (this instanceof HTMLSelectElement) {
    const wanted = [...this.options].find((o) => o.value === value) || [...this.options].find((o) => o.text === value);
    if (!wanted) return 'it has no such choice';
    this.value = wanted.value;
    tell('input', 'change');
    return '';
  }
  if (this.isContentEditable) {
    this.focus();
    getSelection().selectAllChildren(this);
    return 'type';
  }
  if (this instanceof HTMLTextAreaElement) {
    this.focus();
    set(HTMLTextAreaElement.prototype, 'value', '');
    return 'type';
  }
  if (!(this instanceof HTMLInputElement)) return 'nothing can be written in it';
  if (this.type === 'file') return 'files are not sent';
  if (this.type === 'checkbox' || this.type === 'radio') {
    if (String(this.checked) !== value && (value === 'true' || value === 'false' || value === 'on')) this.click();
    return '';
  }
  this.focus();
  if (['text', 'url', 'tel', 'search', 'password', 'number', 'email'].includes(this.type)) {
    set(HTMLInputElement.prototype, 'value', '');
    return 'type';
  }
  set(HTMLInputElement.prototype, 'value', value);
  tell('input', 'change');
  return '';
}
