-- Stops where Quarto renders a section alone, which knows neither shortcodes nor checks of the project.
io.stderr:write("paper: expected index.qmd, which includes the sections, found a section alone; run quarto render paper\n")
os.exit(1)
