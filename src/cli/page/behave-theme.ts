import type { BrowserWindow } from "./browser.ts"

/**
 * In the browser: the button that switches between light and dark. The choice is remembered as long as it differs from the system's.
 */
export function behaveTheme(window: BrowserWindow): void {
  const root = window.document.documentElement
  const key = "tenant-failsafe-theme"
  const system = window.matchMedia("(prefers-color-scheme: dark)")
  let chosen = remembered()

  // Before the body is there, so that nothing flashes.
  apply()
  window.document.addEventListener("DOMContentLoaded", () => {
    const button = window.document.querySelector("[data-theme-toggle]")
    if (button === null) return
    button.hidden = false
    button.addEventListener("click", () => {
      chosen = isDark() ? "light" : "dark"
      if (isDark() === system.matches) chosen = undefined
      remember()
      apply()
    })
    system.addEventListener("change", apply)
    apply()
  })

  function isDark(): boolean {
    return chosen === undefined ? system.matches : chosen === "dark"
  }

  function apply(): void {
    root.dataset["theme"] = chosen ?? "system"
    const button = window.document.querySelector("[data-theme-toggle]")
    if (button !== null) button.textContent = isDark() ? "Light theme" : "Dark theme"
  }

  function remembered(): "light" | "dark" | undefined {
    try {
      const value = window.localStorage.getItem(key)
      return value === "light" || value === "dark" ? value : undefined
    } catch {
      // Storage can be forbidden; the choice then lasts as long as the page.
      return undefined
    }
  }

  function remember(): void {
    try {
      if (chosen === undefined) window.localStorage.removeItem(key)
      else window.localStorage.setItem(key, chosen)
    } catch {
      // As above.
    }
  }
}
