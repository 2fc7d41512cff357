"""Tell people at the start and at the end."""

import logging

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {job: Job}
components: {chat: Chat}
config: {channel: '#data', notify: true}
"""


logger = logging.getLogger(__name__)


class Job(lolpop.Pipeline):
    def work(self):
        return 42


class Chat(lolpop.Component):
    def post(self, channel, text, result=None):
        return f"{channel} {text} {result}"


class Flow(lolpop.Runner):
    def run(self):
        logger.info("start")
        if self.config.notify:
            self.chat.post(self.config.channel, f"starting {self.name}")
        result = self.job.work()
        logger.info("result %s", result)
        return self.chat.post(self.config["channel"], "done", result=result)
