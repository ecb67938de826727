-- Tables of Word and of the XML, after Quarto has made what it makes of a float and pandoc/crossref.lua the same: in
-- Word a layout table around every figure and table, in the XML a figure around the table. Here each is one table.

-- The only cell of a layout table; a table of ours has a head.
local function layout_cell(tbl)
  local body = tbl.bodies[1]
  if #tbl.colspecs ~= 1 or #tbl.head.rows > 0 or body == nil or #body.body ~= 1 then return nil end
  local content = body.body[1].cells[1].contents
  local float = content[1]
  return float and float.t == "Div" and float.identifier:match("^%l%l%l%-") and content
end

-- A table with the paragraphs below it as its foot. Pandoc closes `table-wrap` behind the table, hence as text.
local function table_wrap(float)
  if not float.identifier:match("^tbl%-") then return nil end
  local wrap, foot = "", pandoc.Blocks({})
  float.content:walk({ traverse = "topdown", Para = function(para) foot:insert(para) end, Table = function(tbl)
    tbl.identifier, tbl.caption.long = "", float.caption.long
    wrap = pandoc.write(pandoc.Pandoc({ tbl }), "jats_publishing", pandoc.WriterOptions({ wrap_text = "none" }))
    return tbl, false
  end })
  if wrap == "" then return nil end -- a draft names here what is missing
  wrap = wrap:gsub("^<table%-wrap>", '<table-wrap id="' .. float.identifier .. '">'):gsub("</table%-wrap>%s*$", "")
  local blocks = pandoc.Blocks({ pandoc.RawBlock("jats", wrap) })
  if #foot > 0 then
    blocks:insert(pandoc.RawBlock("jats", "<table-wrap-foot>"))
    blocks:extend(foot)
    blocks:insert(pandoc.RawBlock("jats", "</table-wrap-foot>"))
  end
  blocks:insert(pandoc.RawBlock("jats", "</table-wrap>"))
  return blocks
end

if FORMAT == "docx" then return { { Table = layout_cell } } end
if FORMAT:match("^jats") then return { { Figure = table_wrap } } end
return {}
