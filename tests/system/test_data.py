"""lockstep data: what each column of a table is taken for, as text and as JSON."""

import json
import re
import unittest

import harness

USAGE, DATA = 64, 65
PETS = ''',weight,colour,tame,age,note,kind
1,4.5,red,True,3,a,cat
2,NA,"light ""blue""",False,3,b,dog
3,6,red,,3,c,cat
4,,?,True,3,d,dog
5,3,red,True,3,e,
'''


class Data(harness.Case):
    def setUp(self):
        super().setUp()
        self.pets = harness.write_file(self.dir / "pets.csv", PETS.encode())

    def row(self, *arguments):
        done = self.ok("data", self.pets, *arguments, "--json")
        return json.loads(done.out)

    def test_columns(self):
        row = self.row("--ignore", "note")
        self.assertEqual((4, 4, 1), (row["samples"], row["features"], row["unlabelled"]))
        weight, colour, tame, age, kind, *others = row["columns"]
        self.assertEqual([{"name": "column 1", "kind": "ignored"}, {"name": "note", "kind": "ignored"}], others)
        self.assertEqual({"name": "weight", "kind": "number", "missing": 2, "values": {"mean": 5.25, "least": 4.5, "most": 6}}, weight)
        self.assertEqual({"red": 2, 'light "blue"': 1}, colour["counts"])
        self.assertEqual((1, 2), (colour["missing"], colour["levels"]))
        self.assertEqual(("category", {"True": 2, "False": 1}), (tame["kind"], tame["counts"]))
        self.assertEqual(("number", True), (age["kind"], age["constant"]))
        self.assertEqual(("label", {"cat": 2, "dog": 2}), (kind["kind"], kind["counts"]))
        self.assertIn("column 1 has no name and a different value in every row", row["note"])

    def test_roles(self):
        row = self.row("--label", "weight", "--loss", "mse", "--id", "note", "--categorical", "age", "--missing", "6")
        kinds = {column["name"]: column["kind"] for column in row["columns"]}
        self.assertEqual({"colour": "category", "tame": "category", "age": "category", "kind": "category", "weight": "target",
                          "note": "id", "column 1": "ignored"}, kinds)
        self.assertEqual(3, row["unlabelled"])

    def test_every_column_once(self):
        table = harness.write_file(self.dir / "t.csv", b"a,b,c,d,e,x,y\n1,1,g,1,n,4,0\n2,1,h,2,m,5,1\n")
        for split, kinds in (("--group=c", "group category"), ("--split-by=d", "category split-by")):
            done = self.ok("data", table, "--id", "a", "--weight", "b", split, "--categorical", "d" if "c" in split else "c", "--ignore", "e")
            for name, kind in zip("abcdexy", ["id", "weight", *kinds.split(), "ignored", "number", "label"]):
                self.assertEqual(1, len(re.findall(rf"(?m)^{name} +{kind}\b", done.out)), done.out)

    def test_text(self):
        done = self.ok("data", self.pets, "--ignore", "note")
        self.assertIn("4 samples, 4 inputs (1 row without a label left out)", done.out)
        self.assertRegex(done.out, r'(?m)^colour +category +1 .* 2 +red 50 %, light "blue" 25 %')
        self.assertRegex(done.out, r"(?m)^age .* yes$")
        self.assertIn("note: ", done.err)
        self.assertIn("input 1", self.ok("data", "synthetic:samples=20,features=3,classes=2").out)

    def test_columns_without_values(self):
        """They are shown, and then refused as by train."""
        lines = ["a,empty,x,none,y"] + [f"{i},,{i % 3},NA,{'uv'[i % 2]}" for i in range(9)]
        table = harness.write_file(self.dir / "t.csv", "\n".join(lines).encode())
        says = "t.csv: features empty,none are missing in all 9 training samples; omit these columns (--ignore empty,none)"
        self.refused(DATA, "train", "--data", table, "--out", self.dir / "run", says=says)
        done = harness.run("data", table)
        self.assertEqual(DATA, done.code)
        self.assertIn(says, done.err)
        self.assertRegex(done.out, r"(?m)^none +number +9 ")

        lines[0] = lines[0].replace("none", "no value")
        blank = harness.write_file(self.dir / "blank.csv", "\n".join(lines).encode())
        self.refused(DATA, "train", "--data", blank, "--out", self.dir / "run", says='(--ignore "empty,no value")')
        done = harness.run("data", table, "--json")
        self.assertEqual((DATA, 4), (done.code, json.loads(done.out)["features"]))
        self.ok("data", table, "--ignore", "empty,none")

    def test_refused(self):
        self.refused(USAGE, "data", says="SOURCE")
        self.refused(USAGE, "data", self.pets, "--ignore", "nothing", says="--ignore nothing")
        self.refused(DATA, "data", harness.write_file(self.dir / "empty.csv", b"\n"), says="is empty")


if __name__ == "__main__":
    unittest.main()
