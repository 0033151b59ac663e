/*
 * What the page's script uses of a browser. Structural, because the DOM's own declarations would give every file of this package a
 * `document`.
 */

/** The `window` of the page. */
export interface BrowserWindow {
  readonly document: BrowserDocument
  readonly location: { hash: string }
  readonly history: { replaceState(state: null, title: string, url: string): void }
  readonly localStorage: {
    getItem(key: string): string | null
    setItem(key: string, value: string): void
    removeItem(key: string): void
  }
  readonly navigator: { readonly clipboard?: { writeText(text: string): Promise<void> } }
  matchMedia(query: string): { readonly matches: boolean; addEventListener(type: "change", run: () => void): void }
  getSelection(): { selectAllChildren(node: BrowserElement): void } | null
  addEventListener(type: string, run: () => void): void
  setTimeout(run: () => void, milliseconds: number): unknown
}

/** The page. */
export interface BrowserDocument extends BrowserScope {
  readonly documentElement: BrowserElement
  createElement(name: string): BrowserElement
  addEventListener(type: string, run: (event: BrowserEvent) => void): void
}

/** Where elements can be found. */
export interface BrowserScope {
  querySelector(selector: string): BrowserElement | null
  querySelectorAll(selector: string): Iterable<BrowserElement>
}

/** An element; `value` and `checked` are those of inputs. */
export interface BrowserElement extends BrowserScope {
  readonly dataset: Record<string, string | undefined>
  readonly children: ArrayLike<BrowserElement>
  readonly classList: { toggle(name: string, force: boolean): boolean; contains(name: string): boolean }
  textContent: string
  hidden: boolean
  value: string
  checked: boolean
  tabIndex: number
  append(...nodes: (BrowserElement | string)[]): void
  replaceChildren(...nodes: (BrowserElement | string)[]): void
  setAttribute(name: string, value: string): void
  getAttribute(name: string): string | null
  hasAttribute(name: string): boolean
  closest(selector: string): BrowserElement | null
  scrollIntoView(): void
  addEventListener(type: string, run: (event: BrowserEvent) => void): void
}

/** An event; `key` is that of keyboard events. */
export interface BrowserEvent {
  readonly target: BrowserElement
  readonly key: string
  preventDefault(): void
}
