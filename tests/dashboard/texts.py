"""Texts that would like to be more than texts."""

EVIL = (
    "O'Brien \"Q\" </script><script>document.title='run'</script>"
    "<img src=x onerror=\"document.title='run'\">\u2028&amp;"
)
LONG = "Wort" * 60
