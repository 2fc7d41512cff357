"""A workflow: a runner that coordinates one pipeline."""

from lolpop import Pipeline, Runner


class Words(Pipeline):
    """Counts words."""

    def count(self, text: str) -> dict[str, int]:
        """Count how often each word stands in a text."""
        words = text.lower().split()
        return {word: words.count(word) for word in sorted(set(words))}

    def report(self, counts: dict[str, int]) -> str:
        """Name the word that stands there most often."""
        top = max(counts, key=lambda word: counts[word])
        times = counts[top]
        print(f"{len(counts)} different words; {top!r} stands there {times} times")
        return top


class DemoRunner(Runner):
    """Calls the pipeline's methods: each call is a step."""

    words: Words

    def run(self, text: str = "the cat saw the dog and the bird") -> str:
        """Find a text's most frequent word."""
        counts = self.words.count(text)
        return self.words.report(counts)
