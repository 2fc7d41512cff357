"""The version of lolpop-core; its major number is the version of the plugin contract."""

__version__ = "1.0.0"
