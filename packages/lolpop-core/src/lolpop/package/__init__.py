"""From a project to a package and back, and the environments that a package's steps run in."""
