"""The names of the steps of the workflows, as every engine has to show them."""

CHAIN = ["work.make", "work.change", "work.finish"]
BRANCHES = ["work.left", "work.right", "work.onward", "work.join"]
GROUPS = ["work.add", "work.add[2]", "work.add[3]", "work.add[4]"]
