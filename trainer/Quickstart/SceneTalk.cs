namespace LlavaCuda.Trainer.Quickstart;

/// <summary>What a question is about.</summary>
internal enum QuestionKind
{
    /// <summary>A colour.</summary>
    Color,

    /// <summary>A shape.</summary>
    Shape,

    /// <summary>A place.</summary>
    Place,

    /// <summary>A number of things.</summary>
    Count,
}

/// <summary>A question about a picture and its true answer.</summary>
/// <param name="Text">The question.</param>
/// <param name="Answer">One or two words.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="IsLookup">Whether one attribute must be found by another among several different things.</param>
internal readonly record struct SceneQuestion(string Text, string Answer, QuestionKind Kind, bool IsLookup);

/// <summary>Conversations about scenes, in several wordings; no question gives away the answer to another of the same conversation.</summary>
internal static class SceneTalk
{
    private static readonly string[] CountQuestions =
        ["How many objects are there?", "How many shapes are in the picture?", "How many shapes do you see?"];

    /// <summary>Makes a conversation.</summary>
    /// <param name="random">Source of chance.</param>
    /// <param name="scene">The scene.</param>
    /// <param name="most">Most questions.</param>
    /// <returns>At least one question.</returns>
    internal static List<SceneQuestion> About(Random random, Scene scene, int most) =>
        scene.Kind == SceneKind.Mixed ? AboutDifferent(random, scene, most) : AboutAlike(random, scene, most);

    // What may be named in a question is what an earlier answer said, or what no later question asks.
    private static List<SceneQuestion> AboutAlike(Random random, Scene scene, int most)
    {
        bool many = scene.Kind == SceneKind.Alike;
        SceneObject thing = scene.Objects[0];
        string color = SceneWords.Colors[thing.Color];
        string shape = SceneWords.Shapes[thing.Shape];
        string shapes = SceneWords.Plurals[thing.Shape];
        QuestionKind[] kinds = many ? [QuestionKind.Color, QuestionKind.Shape, QuestionKind.Count] : Enum.GetValues<QuestionKind>();
        random.Shuffle(kinds);
        kinds = kinds[..Math.Min(most, kinds.Length)];
        bool shapeKnown = !kinds.Contains(QuestionKind.Shape);
        bool colorKnown = !kinds.Contains(QuestionKind.Color);
        List<SceneQuestion> talk = [];
        foreach (QuestionKind kind in kinds)
        {
            switch (kind)
            {
                case QuestionKind.Color:
                    string[] ask = many
                        ? ["What color are the shapes?", "What color are they?", "Which color do the shapes have?"]
                        : ["What color is the shape?", "What color is it?", "Which color does the shape have?"];
                    Add(color, shapeKnown, many ? $"What color are the {shapes}?" : $"What color is the {shape}?", ask);
                    colorKnown = true;
                    break;
                case QuestionKind.Shape:
                    ask = many ? ["What shape are they?", "Which shape are the objects?"] : ["What shape is it?", "Which shape is the object?"];
                    Add(shape, colorKnown, many ? $"What shape are the {color} objects?" : $"What shape is the {color} object?", ask);
                    shapeKnown = true;
                    break;
                case QuestionKind.Place:
                    string[] named = shapeKnown && random.Next(2) == 0 ? [$"Where is the {shape}?"] : [];
                    ask = ["Where is it?", "Where is the shape?", "In which corner is the object?", .. named];
                    Add(SceneWords.Places[thing.Place], colorKnown, $"Where is the {color} object?", ask);
                    break;
                default:
                    Add(SceneWords.Numbers[scene.Objects.Count], false, string.Empty, CountQuestions);
                    break;
            }

            void Add(string answer, bool mayName, string naming, string[] plain)
            {
                int choice = random.Next(plain.Length + (mayName ? 1 : 0));
                talk.Add(new SceneQuestion(choice < plain.Length ? plain[choice] : naming, answer, kind, IsLookup: false));
            }
        }

        return talk;
    }

    // Each thing is found by one attribute, the key, and asked for the other two; the key is never asked for.
    private static List<SceneQuestion> AboutDifferent(Random random, Scene scene, int most)
    {
        List<SceneQuestion> all = [];
        foreach (SceneObject thing in scene.Objects)
        {
            string color = SceneWords.Colors[thing.Color];
            string shape = SceneWords.Shapes[thing.Shape];
            string place = SceneWords.Places[thing.Place];
            QuestionKind key = (QuestionKind)random.Next(3);
            if (key != QuestionKind.Color)
            {
                Ask(QuestionKind.Color, color, key == QuestionKind.Shape
                    ? [$"What color is the {shape}?", $"Which color does the {shape} have?"]
                    : [$"What color is the shape at the {place}?", $"Which color is at the {place}?"]);
            }

            if (key != QuestionKind.Shape)
            {
                Ask(QuestionKind.Shape, shape, key == QuestionKind.Color
                    ? [$"What shape is the {color} object?", $"Which shape is {color}?"]
                    : [$"What shape is at the {place}?", $"Which shape is the object at the {place}?"]);
            }

            if (key != QuestionKind.Place)
            {
                Ask(QuestionKind.Place, place, key == QuestionKind.Shape
                    ? [$"Where is the {shape}?", $"In which corner is the {shape}?"]
                    : [$"Where is the {color} object?", $"In which corner is the {color} object?"]);
            }
        }

        SceneQuestion[] order = [.. all];
        random.Shuffle(order);
        List<SceneQuestion> talk = [.. order.Take(most)];
        if (random.Next(3) == 0)
        {
            talk = [.. talk.Take(most - 1)];
            talk.Insert(0, new SceneQuestion(CountQuestions[random.Next(CountQuestions.Length)], SceneWords.Numbers[scene.Objects.Count], QuestionKind.Count, IsLookup: false));
        }

        return talk;

        void Ask(QuestionKind kind, string answer, string[] ask) =>
            all.Add(new SceneQuestion(ask[random.Next(ask.Length)], answer, kind, IsLookup: true));
    }
}
