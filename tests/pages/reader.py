"""What a page of HTML says, for tests."""

from html.parser import HTMLParser


class Reader(HTMLParser):
    """Texts of cells by row, tags with their attributes, addresses of links."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags, self.inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data.strip()

    @property
    def links(self):
        return [attributes["href"] for tag, attributes in self.tags if tag == "a"]

    def of(self, task, model):
        """The rows of a model on a task: in the table of the test, of the training."""
        return [row for row in self.rows if row[:2] == [task, model]]
