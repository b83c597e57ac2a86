// Called on an element: where it is, when a person could use it; otherwise why not.
function () {
  if (!this.isConnected) return 'it is gone';
  const style = getComputedStyle(this);
  const box = this.getBoundingClientRect();
  if (box.width === 0 || box.height === 0 || style.visibility === 'hidden') return 'it cannot be seen';
  if (this.disabled) return 'it is switched off';
  return [box.x, box.y, box.width, box.height].join(' ');
}
