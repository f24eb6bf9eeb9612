"""A newer GIMP beside an older one: what was chosen in the older one is there in the newer."""

import re

from tests.install.conftest import Person, own_environment, root_of
from tests.install.test_lifecycle import KNOWS, LAST, REMOVE

REMEMBERED = """# settings

(service "this-computer")
(sample "layer")
(extent "auto")
(grow 30)
(feather 0)

# end of settings
"""
REPEAT = REMOVE.replace("RunMode.NONINTERACTIVE", "RunMode.WITH_LAST_VALS")
REPEAT += """
image.select_item(Gimp.ChannelOps.REPLACE, image.get_layers()[0].get_mask())
_, _, left, _, right, _ = Gimp.Selection.bounds(image)
print('WIDTH', right - left)
"""


def test_a_3_2_that_has_a_profile_already_gets_what_was_chosen_in_3_0(tmp_path):
    person = Person(root_of("forky"), tmp_path / "home")
    own_environment(person)
    # 3.2 was there before 3.0's profile held anything of ours: GIMP itself moves nothing now.
    assert "KNOWN False" in person.gimp(KNOWS)
    person.write(f".config/GIMP/3.0/{LAST}", REMEMBERED)

    profile = "/home/person/.config/GIMP/3.2"
    done = person.install("--inner", "--profile", profile)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Took along what was last chosen in /home/person/.config/GIMP/3.0" in done.stdout
    used = person.gimp(REPEAT)
    assert "STATUS success" in used
    # The selection is 12 px wide, and grows by 30 px on either side.
    assert int(re.search(r"WIDTH (\d+)", used).group(1)) == 12 + 2 * 30

    # A second installation leaves what was chosen since then alone.
    person.write(f".config/GIMP/3.2/{LAST}", REMEMBERED.replace("30", "5"))
    assert person.install("--inner", "--profile", profile).returncode == 0
    assert "(grow 5)" in (person.home / ".config/GIMP/3.2" / LAST).read_text()
