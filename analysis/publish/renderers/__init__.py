"""The two programs that can render the paper: Quarto, and pandoc with typst."""
