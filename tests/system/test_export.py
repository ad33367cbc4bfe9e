"""`lockstep export`: the ONNX file is whole, the same for any ranks, and holds the model; what goes wrong ends in one message.

A small decoder of Protocol Buffers reads the file; tests/peers/test_onnx.py compares its results with those of `predict`.
"""

import json
import os
import struct
import subprocess
import unittest

from harness import DEFAULTS, Case, Images, Tensors, command_of, environment

WORDS = "age,colour,income,job,paid\n" + """\
31,red,1200.5,clerk,yes
,green,80.25,smith,no
45,red,-999,clerk,yes
28,NA,300,baker,no
""" * 20


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if byte < 128:
            return value, at


def fields(data):
    """Of a message: {number: [values]}. Bytes stay bytes, four bytes become a float."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert at <= len(data)
        else:
            assert key & 7 == 5
            value, at = struct.unpack_from("<f", data, at)[0], at + 4
        found.setdefault(key >> 3, []).append(value)
    return found


def text(message, number):
    value, = message[number]
    return value.decode()


class Model:
    """A ModelProto; the numbers are those of onnx.proto3."""

    def __init__(self, data):
        model = fields(data)
        self.ir_version, self.producer, self.version = model[1][0], text(model, 2), text(model, 3)
        self.opsets = {text(entry, 1): entry[2][0] for entry in map(fields, model[8])}
        self.metadata = {text(entry, 1): text(entry, 2) for entry in map(fields, model[14])}
        graph = fields(model[7][0])
        self.nodes = [fields(node) for node in graph[1]]
        self.tensors = {text(tensor, 8): tensor for tensor in map(fields, graph.get(5, []))}
        self.inputs, self.outputs = ([self.value(fields(value)) for value in graph[number]] for number in (11, 12))

    @staticmethod
    def value(info):
        """(name, type of elements, shape)"""
        tensor = fields(fields(info[2][0])[1][0])
        dims = [fields(dim) for dim in fields(tensor[2][0])[1]]
        return text(info, 1), tensor[1][0], [dim[1][0] if 1 in dim else dim[2][0].decode() for dim in dims]

    def types(self):
        return [text(node, 4) for node in self.nodes]

    def undefined(self):
        """The names that nodes take before anything has them; ONNX wants nodes in order."""
        known, missing = {name for name, _, _ in self.inputs} | set(self.tensors), []
        for node in self.nodes:
            missing += [name for name in map(bytes.decode, node[1]) if name not in known]
            known.add(text(node, 2))
        return missing + [name for name, _, _ in self.outputs if name not in known]


FLOAT, INT64, STRING = 1, 7, 8


class Export(Case):
    def words(self, out="run", *options, ranks=None):
        (self.dir / "words.csv").write_text(WORDS, encoding="utf-8")
        self.train(out, "--data", self.dir / "words.csv", "--missing=-999", "--epochs", "2", "--hidden", "7,5",
                   *options, ranks=ranks, env=DEFAULTS)
        return self.dir / out

    def export(self, model, name="m.onnx", **settings):
        done = self.ok("export", model, "--onnx", self.dir / name, **settings)
        self.assertIn(f"{self.dir / name}: ", done.out)
        return (self.dir / name).read_bytes()

    def test_structure(self):
        run = self.words()
        model = Model(self.export(run))
        self.assertEqual((8, "lockstep", {"": 17, "ai.onnx.ml": 2}), (model.ir_version, model.producer, model.opsets))
        self.assertEqual([("age", FLOAT, ["N", 1]), ("colour", STRING, ["N", 1]), ("income", FLOAT, ["N", 1]), ("job", STRING, ["N", 1])],
                         model.inputs)
        self.assertEqual([("label", STRING, ["N"]), ("probabilities", FLOAT, ["N", 2])], model.outputs)
        self.assertEqual([], model.undefined())
        self.assertEqual(3, model.types().count("Gemm"))
        self.assertEqual(2, model.types().count("LabelEncoder"))
        names = [text(node, 2) for node in model.nodes]
        self.assertEqual(len(names), len(set(names)))

    def test_weights_and_metadata(self):
        run = self.words()
        model, tensors = Model(self.export(run)), Tensors(run / "model.safetensors")
        self.assertEqual(6, len(tensors.values))
        for name, values in tensors.values.items():
            tensor = model.tensors["/" + name]
            self.assertEqual((tensors.shape[name], [FLOAT]), (tensor[1], tensor[2]))
            self.assertEqual(struct.pack(f"<{len(values)}f", *values), tensor[9][0])
        weights = json.loads((run / "summary.json").read_text(encoding="utf-8"))["weights_xxh3"]
        self.assertEqual(tensors.metadata | {"weights_xxh3": weights}, model.metadata)

    def test_words(self):
        """Texts that mean a missing value have its code, before any level; the others have that of their level."""
        model = Model(self.export(self.words()))
        encoder, = (node for node in model.nodes if text(node, 4) == "LabelEncoder" and node[1] == [b"colour"])
        attributes = {text(entry, 1): entry for entry in map(fields, encoder[5])}
        codes = dict(zip(map(bytes.decode, attributes["keys_strings"][9]), attributes["values_int64s"][8]))
        self.assertEqual((0, 1), (codes["red"], codes["green"]))
        self.assertEqual({2}, {codes[key] for key in ("", "?", "NA", "na", "N/a", "Null", "NONE", "nan", "-999")})
        self.assertEqual(2 ** 64 - 1, attributes["default_int64"][3][0])  # -1: no input
        self.assertEqual(len(attributes["keys_strings"][9]), len(codes))

    def test_the_same_bytes(self):
        run = self.words()
        expected = self.export(run)
        self.assertEqual(expected, self.export(run, "again.onnx", ranks=3))
        self.assertEqual(expected, self.export(self.words("three", ranks=3), "three.onnx"))
        self.assertEqual(expected, self.export(run / "model.safetensors", "file.onnx"))
        piped = subprocess.run(command_of(["export", run, "--onnx", "-"]), env=environment(), capture_output=True, check=True, timeout=60)
        self.assertEqual(expected, piped.stdout)

    def test_other_outputs(self):
        (self.dir / "numbers.csv").write_text("a,b,y,z\n" + "1.5,2,0.25,10\n2.5,1,0.75,20\n" * 20, encoding="utf-8")
        self.train("values", "--data", self.dir / "numbers.csv", "--label", "y,z", "--epochs", "1", env=DEFAULTS)
        model = Model(self.export(self.dir / "values"))
        self.assertEqual([("value", FLOAT, ["N", 2])], model.outputs)
        self.assertEqual([], model.undefined())
        images = Images(self.dir / "images")
        self.train("run", "--data", images.directory, "--epochs", "1")
        model = Model(self.export(self.dir / "run"))
        self.assertEqual([("features", FLOAT, ["N", 16])], model.inputs)
        self.assertEqual([("label", INT64, ["N"]), ("probabilities", FLOAT, ["N", 3])], model.outputs)
        self.assertEqual([], model.undefined())

    def test_names_of_inputs(self):
        """Names of outputs, and names used twice, are preceded by the number of the input, which is not that of the column where the label comes first."""
        for head, names in (("value,label,/a,x,x,", ["input 1: value", "input 2: label", "input 3: /a", "x", "input 5: x", "input 6"]),
                            ("a,b,c,input 6,d,", None)):
            (self.dir / "names.csv").write_text(f"{head},y\n" + "1,2,3,4,5,6,a\n2,1,2,2,3,1,b\n" * 20, encoding="utf-8")
            self.train("run", "--data", self.dir / "names.csv", "--label", "y", "--epochs", "1", "--overwrite")
            if names:
                self.assertEqual(names, [name for name, _, _ in Model(self.export(self.dir / "run")).inputs])
            else:
                self.refused(65, "export", self.dir / "run", "--onnx", self.dir / "m.onnx", says=["input 6", "rename"])

    def test_codes(self):
        for options, types in ((("--scale", "quantile"), {"Log", "Sqrt"}), (("--scale", "robust"), {"Sqrt"}),
                               (("--encode", "piecewise", "--bins", "4"), {"Min", "Max"})):
            model = Model(self.export(self.words(options[1], *options)))
            self.assertEqual([], model.undefined())
            self.assertLessEqual(types, set(model.types()))

    def test_folds(self):
        self.words()
        self.ok("folds", "3", "--data", self.dir / "words.csv", "--epochs", "1", "--hidden", "4", "--out", self.dir / "folds", "--progress", "off")
        model = Model(self.export(self.dir / "folds"))
        self.assertEqual([], model.undefined())
        self.assertEqual(1, model.types().count("Mean"))
        self.assertLessEqual({f"/fold{k}/0.weight" for k in (1, 2, 3)}, set(model.tensors))
        self.assertLessEqual({f"fold{k}/weights_xxh3" for k in (1, 2, 3)}, set(model.metadata))

    def test_studies(self):
        """Of a tuning study with folds the models of its best try; a sweep has no common model."""
        self.words()
        self.ok("tune", "2", "--folds", "2", "--val-split", "0.2", "--data", self.dir / "words.csv", "--epochs", "10", "--search", "lr",
                "--out", self.dir / "tune", "--progress", "off", env=DEFAULTS)
        model = Model(self.export(self.dir / "tune"))
        self.assertEqual((1, 2), (model.types().count("Mean"), sum(key.endswith("/weights_xxh3") for key in model.metadata)))
        self.ok("sweep", "--batch", "16,32", "--data", self.dir / "words.csv", "--epochs", "1", "--out", self.dir / "sweep", "--progress", "off")
        self.refused(66, "export", self.dir / "sweep", "--onnx", self.dir / "m.onnx", says=["holds a sweep", "runs/"])

    def test_files_that_are_there(self):
        run = self.words()
        first = self.export(run)
        (self.dir / "m.onnx").write_bytes(first[:-9])
        self.assertEqual(first, self.export(run))
        (self.dir / "empty.onnx").touch()
        self.assertEqual(first, self.export(run, "empty.onnx"))
        (self.dir / "table.csv").write_text("a,b\n", encoding="utf-8")
        self.refused(73, "export", run, "--onnx", self.dir / "table.csv", says=["table.csv exists and is not an ONNX file", "choose another"])
        self.assertEqual("a,b\n", (self.dir / "table.csv").read_text(encoding="utf-8"))
        weights = (run / "model.safetensors").read_bytes()
        self.refused(73, "export", run, "--onnx", run / "model.safetensors", says="is an input of this command")
        self.refused(73, "export", run, "--onnx", run / "summary.json", says=["--onnx", "is part of a run"])
        self.assertEqual(weights, (run / "model.safetensors").read_bytes())
        self.refused(74, "export", run, "--onnx", run, says=[str(run), "Is a directory"])
        self.assertEqual([], [path.name for path in self.dir.rglob("*.part")])

    def test_failures(self):
        run = self.words()
        out = self.dir / "m.onnx"
        for ranks in (None, 2):
            self.refused(66, "export", self.dir / "none", "--onnx", out, says=[str(self.dir / "none"), "No such file"], ranks=ranks)
        self.refused(66, "export", self.dir, "--onnx", out, says="model.safetensors")
        self.refused(65, "export", self.dir / "words.csv", "--onnx", out, says="words.csv")
        self.refused(73, "export", run, "--onnx", self.dir / "no" / "m.onnx", says=str(self.dir / "no"))
        self.refused(74, "export", run, "--onnx", "/dev/full", says=["/dev/full", "No space left"])
        self.refused(64, "export", run, says="--onnx")
        self.refused(64, "export", "--onnx", out, says="MODEL")
        self.assertFalse(out.exists())

    def test_a_model_that_is_too_large(self):
        """Known from the header: the weights are not read."""
        header = json.dumps({"0.weight": {"dtype": "F32", "shape": [30000, 30000], "data_offsets": [0, 3600000000]},
                             "0.bias": {"dtype": "F32", "shape": [30000], "data_offsets": [3600000000, 3600120000]},
                             "__metadata__": {"format": "pt", "definition": "1", "widths": "30000,30000", "activation": "none",
                                              "module": "nn.Sequential(nn.Linear(30000, 30000))", "loss": "mse", "classes": "0"}}).encode()
        with open(self.dir / "large.safetensors", "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            os.truncate(file.fileno(), 8 + len(header) + 3600120000)
        self.refused(73, "export", self.dir / "large.safetensors", "--onnx", self.dir / "m.onnx", says=["3.4 GiB", "at most 2 GiB"])
        self.assertFalse((self.dir / "m.onnx").exists())


if __name__ == "__main__":
    unittest.main()
