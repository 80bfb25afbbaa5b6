// A long table gets a field that leaves only the rows with all the words in sight, and its rows as files. Without a script it is
// the table as it was.
(() => {
  const LONG = 20
  const text = cell => cell.textContent.replace(/\s+/g, " ").trim()
  // a spreadsheet would take such a cell for a formula
  const plain = value => /^[=+\-@]/.test(value) ? `'${value}` : value
  const csv = rows => rows.map(row => row.map(each => `"${plain(each).replace(/"/g, '""')}"`).join(",") + "\r\n").join("")
  const json = ([heads, ...rows]) => {
    const names = heads.map((head, at) => head && heads.indexOf(head) === at ? head : `column ${at + 1}`)
    return JSON.stringify(rows.map(row => Object.fromEntries(row.map((each, at) => [names[at], each]))), null, 1) + "\n"
  }
  const make = (name, attributes, ...children) => {
    const made = Object.assign(document.createElement(name), attributes)
    made.append(...children)
    return made
  }
  const save = (name, type, content) => {
    const link = make("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name })
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href))
  }
  const serve = (table, name) => {
    const rows = [...table.tBodies[0].rows]
    const shown = () => rows.filter(row => !row.hidden)
    const found = make("span", { role: "status" })
    const field = make("input", { type: "search", autocomplete: "off" })
    const cells = () => [table.tHead.rows[0], ...shown()].map(row => [...row.cells].map(text))
    const follow = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean)
      for (const row of rows) {
        const said = text(row).toLowerCase()
        row.hidden = !words.every(word => said.includes(word))
      }
      found.textContent = `${shown().length} of ${rows.length} rows`
    }
    field.addEventListener("input", follow)
    const button = (label, type, written) => {
      const made = make("button", { type: "button", title: `Save the rows in sight as ${label}` }, label)
      made.addEventListener("click", () => save(`${name}.${label.toLowerCase()}`, type, written(cells())))
      return made
    }
    const bar = make("p", { className: "filter" }, make("label", {}, "Filter ", field), found,
      button("CSV", "text/csv", csv), button("JSON", "application/json", json))
    const around = table.closest(".md-typeset__scrollwrap") ?? table
    around.before(bar)
    follow()
  }
  const page = location.pathname.split("/").pop().replace(/\.html$/, "") || "index"
  const long = [...document.querySelectorAll(".md-typeset table:not([class])")]
    .filter(table => table.tHead && table.tBodies[0]?.rows.length > LONG && !table.closest(".matrix"))
  long.forEach((table, at) => serve(table, long.length > 1 ? `${page}-${at + 1}` : page))
})()
