/* Figures that move without a kernel, and questions that answer a click. Nothing is fetched: the pictures of a figure
   lie in a script of their own, which is added to the page when the figure comes near. */
(() => {
'use strict';
const here = new URL('.', document.currentScript.src);
const arrived = {};  // name of frames -> what to do with them
window.courseFrames = (frames) => arrived[frames.name](frames);

const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};
const decoded = async (base64) => {
  const image = new Image();
  image.src = 'data:image/webp;base64,' + base64;
  await image.decode();
  return image;
};
const shown = (number) => String(Number(number.toPrecision(3)));

/* What was found so far: the same books as `Ledger` in course_utils/explorables/goals.py. */
class Ledger {
  attempts = new Map();
  groups = new Map();

  add({sentence = '', needed = 0, part = null, words = '', group = '', joint = ' and ', attempt = '', budget = null}) {
    if (!this.groups.has(group)) this.groups.set(group, new Map());
    if (attempt && !this.attempts.has(attempt)) this.attempts.set(attempt, this.attempts.size + 1);
    const parts = this.groups.get(group), number = attempt ? this.attempts.get(attempt) : 0;
    if (part !== null && (budget === null || number <= budget)) parts.set(part, words.replaceAll('#', number));
    if (parts.size < needed) return '';
    const found = [...parts].sort(([a], [b]) => a - b).map(([, said]) => said);
    return sentence.replaceAll('{}', found.join(joint));
  }
}

/* The place nearest to a number, by ratio on a log slider. */
function nearest({values, log}, number) {
  const measure = (a, b) => log ? Math.abs(Math.log(a / b)) : Math.abs(a - b);
  const inside = Math.min(Math.max(number, values[0]), values.at(-1));
  return values.reduce((best, value, i) => measure(value, inside) < measure(values[best], inside) ? i : best, 0);
}

/* A labelled number box and a slider that stand at the same place; `moved` is told of every move. */
function row(control, id, moved) {
  const {label, values, first} = control;
  const box = make('input', {type: 'number', id, min: values[0], max: values.at(-1), step: 'any'});
  const slider = make('input', {type: 'range', min: 0, max: values.length - 1, step: 1,
                                'aria-label': label + ', slider'});
  const stand = (place) => {
    slider.value = place;
    box.value = shown(values[place]);
    slider.setAttribute('aria-valuetext', box.value);
  };
  stand(first);
  slider.addEventListener('input', () => { stand(slider.valueAsNumber); moved(); });
  box.addEventListener('change', () => {
    stand(Number.isNaN(box.valueAsNumber) ? slider.valueAsNumber : nearest(control, box.valueAsNumber));
    moved();
  });
  box.addEventListener('keydown', (event) => {  // one place further, not one unit
    const way = {ArrowUp: 1, ArrowDown: -1}[event.key];
    if (!way) return;
    event.preventDefault();
    stand(Math.min(Math.max(slider.valueAsNumber + way, 0), values.length - 1));
    moved();
  });
  return {place: () => slider.valueAsNumber,
          node: make('div', {class: 'explorable-row'}, make('label', {for: id}, label), box, slider)};
}

function explorable(root, frames, number) {
  const {controls, pictures, places, size: [width, height]} = frames, ledger = new Ledger();
  const picture = make('canvas', {class: 'explorable-picture', role: 'img', width, height});
  const pen = picture.getContext('2d'), still = decoded(frames.still);
  const words = root.querySelector('.explorable-words');
  let asked = 0, shared = null, below = still;  // the layer that neighbours have in common is decoded once
  const draw = async (common, moving) => {
    if (common !== shared) [shared, below] = [common, decoded(pictures[common])];
    const turn = ++asked, images = await Promise.all([still, below, decoded(pictures[moving])]);
    if (turn !== asked) return;  // the hand has moved on
    images.forEach((image) => pen.drawImage(image, 0, 0));
    picture.dataset.drawn = turn;
  };
  const show = () => {
    const at = rows.reduceRight((sum, row, i) => sum * controls[i].values.length + row.place(), 0);
    const [said, common, moving, finding] = places[at];
    draw(common, moving);
    const reached = ledger.add(finding || {});
    words.textContent = said + (reached ? ` Goal reached: ${reached}` : '');
    picture.setAttribute('aria-label', 'Figure: ' + words.textContent);
  };
  const rows = controls.map((control, i) => row(control, `explorable-${number}-${i}`, show));
  words.before(...rows.map(({node}) => node), picture);
  words.setAttribute('role', 'status');
  show();
  root.classList.add('moves');
  root.dispatchEvent(new Event('moves', {bubbles: true}));
}

/* Add the script with the frames when the figure is a screen away. */
function load(root, number) {
  const {frames: name} = root.dataset;
  arrived[name] = (frames) => explorable(root, frames, number);
  document.head.append(make('script', {src: new URL(`frames/${name}.js`, here).href}));
}

/* Buttons for the letters of a question, from the answers that stand folded away below it. */
function quiz(details) {
  const answers = [...details.querySelectorAll('li')].map(
    (item) => [item.querySelector('strong')?.textContent[0], item]);
  const said = make('p', {role: 'status', class: 'quiz-answer'}, 'Pick a letter.');
  const buttons = answers.map(([letter, item]) => {
    const button = make('button', {type: 'button', 'aria-pressed': 'false'}, letter);
    button.addEventListener('click', () => {
      buttons.forEach((other) => other.setAttribute('aria-pressed', String(other === button)));
      said.replaceChildren(...item.cloneNode(true).childNodes);
    });
    return button;
  });
  details.before(make('div', {class: 'quiz', role: 'group', 'aria-label': 'Answer'}, ...buttons), said);
}

function start() {
  const near = new IntersectionObserver((entries) => {
    for (const {isIntersecting, target} of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      load(target, roots.indexOf(target));
    }
  }, {rootMargin: '100%'});
  const roots = [...document.querySelectorAll('.explorable[data-frames]')];
  roots.forEach((root) => near.observe(root));
  for (const details of document.querySelectorAll('details')) {
    if (details.querySelector('summary')?.textContent === 'Answer') quiz(details);
  }
}
document.readyState === 'loading' ? document.addEventListener('DOMContentLoaded', start) : start();
})();
