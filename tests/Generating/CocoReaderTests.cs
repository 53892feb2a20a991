using System.Text.Json;
using LlavaCuda.Trainer.Generating;

namespace LlavaCuda.Tests.Generating;

public sealed class CocoReaderTests : IDisposable
{
    private const string Images = """ "images": [{"id": 7, "file_name": "000000000007.jpg", "width": 200, "height": 100, "license": 3}] """;
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-coco-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Context_CaptionsAndBoxes_AreAsThePaperShowsThem()
    {
        // Keys in any order; outlines and what else there is are passed over. 12.5 / 200 = 0.0625 lies in the middle: to even.
        string instances = Save("instances.json", $$"""
            {"categories": [{"id": 3, "name": "traffic light", "supercategory": "x"}, {"id": 1, "name": "person"}],
             "annotations": [
               {"id": 1, "category_id": 3, "bbox": [12.5, 0, 187.5, 100.004], "image_id": 7,
                "segmentation": [[1, 2], {"counts": "a]}"}], "iscrowd": 0},
               {"id": 2, "image_id": 7, "category_id": 1, "bbox": [48, 24.01, 0.1, 50]}],
             "info": {"a": [1, {"b": "]"}]}, {{Images}} }
            """);
        CocoData data = CocoReader.Read(Captions("A cat\n sits.", "  ", "Two  dogs."), instances);
        Assert.Equal((1, 2, 2), (data.Count, data.CaptionCount, data.BoxCount));
        Assert.Equal("A cat sits.\nTwo dogs.", ImageContext.Of(data, 0, hasBoxes: false));
        Assert.Equal(
            "A cat sits.\nTwo dogs.\n\ntraffic light: [0.062, 0.0, 1.0, 1.0]\nperson: [0.24, 0.24, 0.241, 0.74]",
            ImageContext.Of(data, 0, hasBoxes: true));
        Assert.Equal("000000000007", data[0].PaddedId);
    }

    [Fact]
    public void Read_ManyImages_KeepsWhatBelongsTogether()
    {
        Random random = new(5);
        int[] ids = [.. Enumerable.Range(0, 500).Select(static i => (i * 37) + 1)];
        (int Image, string Text)[] captions = [.. Enumerable.Range(0, 2500).Select(i => (ids[random.Next(500)], $"caption {i} é"))];
        string annotations = string.Join(", ", captions.Select(static c => $$"""{"image_id": {{c.Image}}, "caption": "{{c.Text}}"}"""));
        string images = string.Join(
            ", ", ids.Select(static id => $$"""{"id": {{id}}, "file_name": "{{id}}.jpg", "width": {{id}}, "height": 9}"""));
        string path = Save("captions.json", $$"""{"annotations": [{{annotations}}], "images": [{{images}}]}""");
        CocoData data = CocoReader.Read(path, null);
        for (int place = 0; place < data.Count; place++)
        {
            CocoImage image = data[place];
            Assert.Equal(($"{image.Id}.jpg", (int)image.Id), (image.File, image.Width));
            Assert.Equal(captions.Where(c => c.Image == image.Id).Select(static c => c.Text), data.Captions(place));
            Assert.Equal(data.Captions(place).Count(), data.CaptionsOf(place));
        }
    }

    [Theory]
    [InlineData("[]", "line 1: expected an object with 'images' and 'annotations'")]
    [InlineData("{", "line 1: ")]
    [InlineData("{}", "there is no 'images'")]
    [InlineData("""{"images": []}""", "there is no 'annotations'; expected COCO's captions file")]
    [InlineData("""{"images": {}}""", "'images' is no list")]
    [InlineData("""{"images": [1]}""", "an item of 'images' is no object")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a"}]}""", "image 1 has no 'width' and 'height'")]
    [InlineData("""{"images": [{"id": "1", "file_name": "a"}]}""", "'id' is no whole number")]
    [InlineData("""{"images": [{"id": 1.5, "file_name": "a"}]}""", "'id' is no whole number")]
    [InlineData("""{"images": [], "images": []}""", "key 'images' occurs twice")]
    [InlineData("""{"images": [], "annotations": [{"image_id": 1}]}""", "no 'caption'; expected COCO's captions file")]
    [InlineData("""{"images": [], "annotations": [{"image_id": 1, "caption": "a"}]}""", "of image 1, which 'images' does not list")]
    [InlineData("{\"images\": [],\n\"annotations\": [{\"image_id\": 1, \"caption\": 5}]}", "line 2: 'caption' is no text")]
    public void Read_OtherFile_IsNamed(string text, string expected)
    {
        string path = Save("captions.json", text);
        string message = Assert.Throws<InvalidDataException>(() => CocoReader.Read(path, null)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"annotations\": []", null)]
    [InlineData("\"annotations\": [{\"image_id\": 7, \"caption\": \"a\"}]", "expected COCO's instances file")]
    [InlineData("\"annotations\": [{\"image_id\": 7, \"category_id\": 1, \"bbox\": [1, 2, 3]}]", "something other than numbers")]
    [InlineData("\"annotations\": [{\"image_id\": 7, \"category_id\": 1, \"bbox\": [1, 2, 3, 4, 5]}]", "'bbox' is no list of four numbers")]
    [InlineData("\"annotations\": [{\"image_id\": 7, \"category_id\": 1, \"bbox\": [1, 2, 3, 1e999]}]", "a number that is too large")]
    [InlineData("\"annotations\": [{\"image_id\": 7, \"category_id\": 1, \"bbox\": [1, 2, 3, 4]}]", "'categories' does not list")]
    public void Read_OtherInstances_IsNamed(string annotations, string? expected)
    {
        string path = Save("instances.json", $"{{{Images}, {annotations}}}");
        string? message = Record.Exception(() => CocoReader.Read(Captions("A cat."), path))?.Message;
        Assert.Equal(expected is null, message is null);
        Assert.Contains(expected ?? string.Empty, message ?? string.Empty, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SizesThatDisagree_AreNamed()
    {
        string path = Save("instances.json", $"{{{Images.Replace("200", "201", StringComparison.Ordinal)}, \"annotations\": []}}");
        Assert.Contains(
            "image 7 is there with another width or height before",
            Assert.Throws<InvalidDataException>(() => CocoReader.Read(Captions("A cat."), path)).Message,
            StringComparison.Ordinal);
    }

    private string Captions(params string[] captions)
    {
        string annotations = string.Join(", ", captions.Select(
            static text => $$"""{"image_id": 7, "id": 1, "caption": {{JsonSerializer.Serialize(text)}} }"""));
        return Save("captions.json", $$"""{{{Images}}, "annotations": [{{annotations}}]}""");
    }

    private string Save(string name, string text)
    {
        File.WriteAllText(Path.Combine(_folder, name), text);
        return Path.Combine(_folder, name);
    }
}
