using System.Text;
using LlavaCuda.Formats;
using LlavaCuda.Tests.Checkpoints;

namespace LlavaCuda.Tests.Formats;

public sealed class JsonFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "is empty or not a regular file")]
    [InlineData(" \n ", "line 2: there is nothing but white space; expected a value")]
    [InlineData("{", "line 1: the text ends in the middle; it is cut off")]
    [InlineData("{\n\"a\": {\"b\": [1, 2", "line 2: a.b[0]: the text ends in the middle")]
    [InlineData("{\"a\": [nul", "line 1: a: the text ends in the middle")]
    [InlineData("{\"a\": -", "line 1: a: the text ends in the middle")]
    [InlineData("{\"a\": \"b", "line 1: a: a text has no closing quote")]
    [InlineData("{\"a\": 1,}", "line 1: a: there is a comma before the closing '}'")]
    [InlineData("{\"a\": [1,\n]}", "line 1: a[0]: there is a comma before the closing ']'")]
    [InlineData("{\"a\": 1,\n,\"b\": 2}", "line 2: a: found ','; expected a key in double quotes")]
    [InlineData("{\"a\": 1\n\"b\": 2}", "line 2: a: found '\"'; expected ',' or '}'")]
    [InlineData("{\"a\": [1 2]}", "line 1: a[0]: found '2'; expected ',' or ']'")]
    [InlineData("{\"a\": 1]", "line 1: a: found ']'; expected ',' or '}'")]
    [InlineData("{\"a\" 1}", "line 1: a key is not followed by ':'")]
    [InlineData("{a: 1}", "line 1: found 'a'; expected a key in double quotes or '}'")]
    [InlineData("{'a': 1}", "line 1: there is a text in single quotes; expected double quotes")]
    [InlineData("{\n// no\n\"a\": 1}", "line 2: there is a comment")]
    [InlineData("{\"a\": 1} /* no */", "line 1: there is a comment")]
    [InlineData("{\"a\": 1 # no\n}", "line 1: a: there is a comment")]
    [InlineData("{\"a\": 1}\n{\"b\": 2}", "line 2: found '{'; expected nothing after the end")]
    [InlineData("{\"a\": NaN}", "line 1: a: 'NaN' is not a JSON value; expected a finite number or null")]
    [InlineData("{\"a\": -Infinity}", "line 1: a: '-Infinity' is not a JSON value; expected a finite number or null")]
    [InlineData("{\"a\": True}", "line 1: a: 'True' is not a JSON value; expected true")]
    [InlineData("{\"a\": None}", "line 1: a: 'None' is not a JSON value; expected null")]
    [InlineData("{\"a\": bf16}", "line 1: a: 'bf16' is not a JSON value; a text needs double quotes")]
    [InlineData("{\"a\": 01}", "line 1: a: '01' is not a JSON number")]
    [InlineData("{\"a\": +1}", "line 1: a: '+1' is not a JSON number")]
    [InlineData("{\"a\": 1.}", "line 1: a: '1.' is not a JSON number")]
    [InlineData("{\"a\": \"x\ny\"}", "line 1: a: a text holds a raw line break")]
    [InlineData("{\"a\": \"C:\\models\"}", "line 1: a: a text holds a backslash that begins no escape")]
    [InlineData("{\"a\": \"\\u12g4\"}", "line 1: a: a text holds a backslash that begins no escape")]
    [InlineData("{\"a\": \"\\ud800\"}", "line 1: a: not valid text: broken UTF-8, or half of a surrogate pair")]
    [InlineData("{\"a\": [0, \"x\\udc00y\"]}", "line 1: a[1]: not valid text")]
    [InlineData("{\"\\ud800\": 1}", "line 1: a key is not valid text")]
    [InlineData("{\"a\": {\"b\": 1,\n\"b\": 2}}", "line 2: a: the key 'b' occurs twice")]
    [InlineData("{\"a\": 1, \"\\u0061\": 2}", "line 1: the key 'a' occurs twice")]
    [InlineData("\0\0\0\0\0\0", "line 1: found '\\u0000'; expected a value")]
    [InlineData("\u201cmodel\u201d", "line 1: found '\u201c'; expected a value")]
    public void Open_Fault_NamesFileLineAndKey(string text, string expected) => Throws(Encoding.UTF8.GetBytes(text), expected);

    [Theory]
    [InlineData("7b2261223a2022ff227d", "line 1: a: not valid text: broken UTF-8")]
    [InlineData("7b2261223a2022c0af227d", "line 1: a: not valid text: broken UTF-8")]
    [InlineData("7b22e288223a20317d", "line 1: a key is not valid text: broken UTF-8")]
    [InlineData("7b2261223a20ff7d", "line 1: a: found byte 0xff, which is not UTF-8")]
    [InlineData("fffe7b007d00", "is UTF-16 or UTF-32; expected UTF-8")]
    [InlineData("feff007b007d", "is UTF-16 or UTF-32; expected UTF-8")]
    [InlineData("7b007d00", "is UTF-16 or UTF-32; expected UTF-8")]
    [InlineData("007b007d", "is UTF-16 or UTF-32; expected UTF-8")]
    [InlineData("0000007b0000007d", "is UTF-16 or UTF-32; expected UTF-8")]
    public void Open_BrokenEncoding_IsNamed(string hex, string expected) => Throws(Convert.FromHexString(hex), expected);

    [Fact]
    public void Open_NestedTooDeep_IsNamed() =>
        Throws(Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 100_000)), "line 1: a", "nested deeper than 64 levels");

    [Fact]
    public void Open_DeepestNesting_Loads() =>
        Assert.Single(Read("{\"a\":" + new string('[', 63) + new string(']', 63) + "}").Root.EnumerateObject());

    [Fact]
    public void Open_HugeFile_IsRefusedBeforeItIsRead()
    {
        string path = _folder.Write("huge.json", "{");
        using (FileStream file = File.OpenWrite(path))
        {
            file.SetLength(1L << 40);
        }

        OneLine.Throws<InvalidDataException>(() => JsonFile.Open(path), path, "1099511627776 bytes; expected at most 33554432");
    }

    [Fact]
    public void Open_ByteOrderMark_IsSkipped() => Assert.Equal("1", Read("\uFEFF{\"a\": 1}").Root.GetProperty("a").GetRawText());

    [Fact]
    public void Open_Folder_IsNamed() =>
        OneLine.Throws<InvalidDataException>(() => JsonFile.Open(_folder.Root), $"{_folder.Root} is a folder; expected a file");

    [Fact]
    public void Open_Missing_IsNamed() =>
        OneLine.Throws<FileNotFoundException>(() => JsonFile.Open(_folder.At("none.json")), "none.json: there is no such file");

    [Fact]
    public void Open_EndlessDeviceOrPipe_IsRefusedUnopened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "devices and pipes are made as on Linux");
        string zero = _folder.At("zero.json"), pipe = _folder.At("pipe.json");
        File.CreateSymbolicLink(zero, "/dev/zero");
        System.Diagnostics.Process.Start("mkfifo", pipe).WaitForExit();

        OneLine.Throws<InvalidDataException>(() => JsonFile.Open(zero), zero, "not a regular file");
        OneLine.Throws<InvalidDataException>(() => JsonFile.Open(pipe), pipe, "not a regular file");
    }

    [Fact]
    public void Open_LinkToAFile_Loads()
    {
        _folder.Write("real.json", "{\"a\": 1}");
        File.CreateSymbolicLink(_folder.At("link.json"), "real.json");
        File.CreateSymbolicLink(_folder.At("second.json"), "link.json");

        Assert.Equal("{\"a\": 1}", JsonFile.Open(_folder.At("second.json")).Root.GetRawText());
    }

    [Theory]
    [InlineData("a", 2L)]
    [InlineData("b", 3L)]
    [InlineData("b.c[1]", 4L)]
    [InlineData("b.c[2].d", 6L)]
    [InlineData("b.x", null)]
    public void LineOf_EveryPath_IsFound(string path, long? line) =>
        Assert.Equal(line, Read("{\n\"a\": 1,\n\"b\": {\"c\": [[7],\n[8, 9],\n{\n\"d\": 0}]}\n}").LineOf(path));

    private JsonFile Read(string text) => JsonFile.Open(_folder.Write("f.json", text));

    private void Throws(byte[] text, params string[] expected)
    {
        string path = _folder.Write("f.json", text);
        OneLine.Throws<InvalidDataException>(() => JsonFile.Open(path), [path, .. expected]);
    }
}
