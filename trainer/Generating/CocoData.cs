using System.Globalization;

namespace LlavaCuda.Trainer.Generating;

/// <summary>An object's box in pixels, from the image's upper left corner.</summary>
/// <param name="Image">The image's place in the data.</param>
/// <param name="Category">The id of its category.</param>
/// <param name="X">The left edge.</param>
/// <param name="Y">The upper edge.</param>
/// <param name="Width">The width.</param>
/// <param name="Height">The height.</param>
internal readonly record struct CocoBox(int Image, int Category, double X, double Y, double Width, double Height);

/// <summary>An image of COCO.</summary>
/// <param name="Id">Its id.</param>
/// <param name="File">Its file's name.</param>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
internal sealed record CocoImage(long Id, string File, int Width, int Height)
{
    /// <summary>Gets the id as COCO's file names and LLaVA's data have it, with 12 digits.</summary>
    internal string PaddedId => Id.ToString("D12", CultureInfo.InvariantCulture);
}

/// <summary>
/// Captions and boxes of images, close together in memory: COCO 2017's 118,000 images with 590,000 captions and 860,000 boxes take some
/// 100 MB.
/// </summary>
internal sealed class CocoData
{
    private readonly Dictionary<long, int> _places = [];
    private readonly List<(long Id, long File, int Width, int Height)> _images = [];
    private readonly List<(int Image, long Text)> _captions = [];
    private readonly List<CocoBox> _boxes = [];
    private readonly Dictionary<int, string> _categories = [];
    private readonly TextPool _texts = new();
    private (int[] Begin, int[] Order) _captionsOf;
    private (int[] Begin, int[] Order) _boxesOf;

    /// <summary>Gets the number of images.</summary>
    internal int Count => _images.Count;

    /// <summary>Gets the number of captions.</summary>
    internal int CaptionCount => _captions.Count;

    /// <summary>Gets the number of boxes.</summary>
    internal int BoxCount => _boxes.Count;

    /// <summary>Gets an image.</summary>
    /// <param name="place">Its place, from 0 on.</param>
    internal CocoImage this[int place]
    {
        get
        {
            (long id, long file, int width, int height) = _images[place];
            return new CocoImage(id, _texts.Get(file), width, height);
        }
    }

    /// <summary>Gets an image's id.</summary>
    /// <param name="place">Its place.</param>
    internal long IdOf(int place) => _images[place].Id;

    /// <summary>Gets how many captions an image has.</summary>
    /// <param name="place">Its place.</param>
    internal int CaptionsOf(int place) => _captionsOf.Begin[place + 1] - _captionsOf.Begin[place];

    /// <summary>Gets an image's captions, in the order of the file.</summary>
    /// <param name="place">Its place.</param>
    internal IEnumerable<string> Captions(int place) => Items(_captionsOf, place).Select(i => _texts.Get(_captions[i].Text));

    /// <summary>Gets an image's boxes, in the order of the file.</summary>
    /// <param name="place">Its place.</param>
    internal IEnumerable<CocoBox> Boxes(int place) => Items(_boxesOf, place).Select(i => _boxes[i]);

    /// <summary>Gets the name of a category.</summary>
    /// <param name="id">Its id.</param>
    internal string Category(int id) => _categories[id];

    /// <summary>Adds an image, or meets one again in the other file.</summary>
    /// <returns>False where it was there with another size.</returns>
    internal bool AddImage(long id, string file, int width, int height)
    {
        int place = PlaceOf(id);
        (_, long known, int knownWidth, int knownHeight) = _images[place];
        if (known >= 0)
        {
            return (knownWidth, knownHeight) == (width, height);
        }

        _images[place] = (id, _texts.Add(file), width, height);
        return true;
    }

    /// <summary>Adds a caption.</summary>
    internal void AddCaption(long image, string text) => _captions.Add((PlaceOf(image), _texts.Add(text)));

    /// <summary>Adds a box.</summary>
    internal void AddBox(long image, int category, double x, double y, double width, double height) =>
        _boxes.Add(new CocoBox(PlaceOf(image), category, x, y, width, height));

    /// <summary>Names a category.</summary>
    internal void AddCategory(int id, string name) => _categories[id] = name;

    /// <summary>Ends the reading of a file.</summary>
    /// <returns>What annotations speak of and nothing describes, as a clause; null where there is nothing.</returns>
    internal string? Complete()
    {
        int missing = _images.FindIndex(static image => image.File < 0);
        if (missing >= 0)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"an annotation is of image {_images[missing].Id}, which 'images' does not list");
        }

        int unnamed = _boxes.FindIndex(box => !_categories.ContainsKey(box.Category));
        if (unnamed >= 0)
        {
            CocoBox box = _boxes[unnamed];
            return string.Create(
                CultureInfo.InvariantCulture,
                $"a box of image {_images[box.Image].Id} is of category {box.Category}, which 'categories' does not list");
        }

        _captionsOf = Group(_captions.Count, i => _captions[i].Image);
        _boxesOf = Group(_boxes.Count, i => _boxes[i].Image);
        return null;
    }

    private static IEnumerable<int> Items((int[] Begin, int[] Order) groups, int place)
    {
        for (int i = groups.Begin[place]; i < groups.Begin[place + 1]; i++)
        {
            yield return groups.Order[i];
        }
    }

    private int PlaceOf(long id)
    {
        if (!_places.TryGetValue(id, out int place))
        {
            place = _images.Count;
            _places.Add(id, place);
            _images.Add((id, -1, 0, 0));
        }

        return place;
    }

    // The items of each image, in their order.
    private (int[] Begin, int[] Order) Group(int count, Func<int, int> imageOf)
    {
        int[] begin = new int[_images.Count + 1];
        for (int i = 0; i < count; i++)
        {
            begin[imageOf(i) + 1]++;
        }

        for (int i = 0; i < _images.Count; i++)
        {
            begin[i + 1] += begin[i];
        }

        int[] next = begin[..^1], order = new int[count];
        for (int i = 0; i < count; i++)
        {
            order[next[imageOf(i)]++] = i;
        }

        return (begin, order);
    }
}
