// Puts what an operator types into every command of a runbook's page. A value goes in as text, and only if it is one that
// `plumb runbook run` would take: it means the same wherever it stands in a command.
(() => {
  const form = document.querySelector("form.values")
  const { fields, derived, safe, upwards } = JSON.parse(document.getElementById("runbook-values").textContent)
  const whole = pattern => new RegExp(`^(?:${pattern})$`)
  const kept = {
    key: name => `plumb-value ${name}`,
    get(name) { try { return localStorage.getItem(this.key(name)) ?? "" } catch { return "" } },
    set(name, value) {
      try { value ? localStorage.setItem(this.key(name), value) : localStorage.removeItem(this.key(name)) } catch { }
    },
  }
  const normal = (kind, value) =>
    kind === "folder" ? value.replace(/\/+$/, "") : kind === "fingerprint" ? value.replace(/\s/g, "").toUpperCase() : value

  const wrong = (field, value) => {
    if (!whole(safe).test(value)) return "use letters, digits and . _ : / @ % + = , - only, and no dash at the start"
    if (new RegExp(upwards).test(value)) return "no part of it may be just . or .."
    if (field.choices.length ? !field.choices.includes(value) : !whole(field.pattern).test(value)) return `it must be ${field.says}`
    return ""
  }
  const show = (mark, value, name) => {
    for (const place of document.querySelectorAll(`[data-value="${mark}"]`)) {
      place.textContent = value || `‹${name}›`
      place.classList.toggle("given", value !== "")
    }
  }
  const follow = field => {
    const input = form.elements[field.name]
    const typed = input.value.trim()
    const value = normal(field.kind, typed)
    const problem = typed && wrong(field, value)
    input.setAttribute("aria-invalid", String(problem !== ""))
    document.getElementById(`${input.id}-wrong`).textContent = problem
    const taken = problem ? "" : value
    show(field.mark, taken, field.name)
    if (field.kind === "tenant")
      for (const [mark, texts] of Object.entries(derived)) show(mark, taken && texts[taken], "of the tenant")
    kept.set(field.name, taken)
  }
  for (const field of fields) {
    form.elements[field.name].value = kept.get(field.name)
    form.elements[field.name].addEventListener("input", () => follow(field))
    follow(field)
  }
  form.addEventListener("reset", () => setTimeout(() => fields.forEach(follow)))
  form.addEventListener("submit", event => event.preventDefault())
  form.hidden = false
})()
