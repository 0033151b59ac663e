import type { BrowserElement, BrowserWindow } from "./browser.ts"

/** In the browser: the copy buttons. Where the clipboard is denied, the code is selected, so that the keyboard can copy it. */
export function behaveCopy(window: BrowserWindow): void {
  window.document.addEventListener("DOMContentLoaded", () => {
    for (const button of window.document.querySelectorAll("[data-copy]")) {
      button.hidden = false
      button.setAttribute("aria-live", "polite")
      button.addEventListener("click", () => void copy(button))
    }
  })

  async function copy(button: BrowserElement): Promise<void> {
    const source = button.closest(".fix")?.querySelector("code") ?? null
    if (source === null) return
    try {
      // Where the page is no secure context, there is no clipboard.
      await window.navigator.clipboard!.writeText(source.textContent)
      button.textContent = "Copied"
    } catch {
      window.getSelection()?.selectAllChildren(source)
      button.textContent = "Selected: copy with the keyboard"
    }
    window.setTimeout(() => (button.textContent = "Copy"), 4000)
  }
}
