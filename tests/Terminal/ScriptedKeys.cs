using LlavaCuda.Trainer.Terminal;

namespace LlavaCuda.Tests.Terminal;

/// <summary>Keys that are pressed one after the other, or come at once as a paste does.</summary>
internal sealed class ScriptedKeys : IKeySource
{
    private readonly Queue<(ConsoleKeyInfo Key, bool Typed)> _keys = [];

    public bool IsKeyAvailable => _keys.TryPeek(out (ConsoleKeyInfo Key, bool Typed) next) && !next.Typed;

    // At the end the terminal is gone.
    public ConsoleKeyInfo Read() => _keys.TryDequeue(out (ConsoleKeyInfo Key, bool Typed) next) ? next.Key : default;

    internal ScriptedKeys Press(ConsoleKey key, ConsoleModifiers modifiers = 0) => Add(new ConsoleKeyInfo(Character(key, modifiers), key, Has(modifiers, ConsoleModifiers.Shift), Has(modifiers, ConsoleModifiers.Alt), Has(modifiers, ConsoleModifiers.Control)), typed: true);

    // The halves of a character come together.
    internal ScriptedKeys Type(string text) => text.Aggregate(this, static (keys, c) => keys.Add(Key(c), typed: !char.IsLowSurrogate(c)));

    internal ScriptedKeys Paste(string text, bool marked)
    {
        string all = marked ? $"\e[200~{text}\e[201~" : text;
        for (int i = 0; i < all.Length; i++)
        {
            Add(Key(all[i]), typed: i == 0);
        }

        return this;
    }

    private static bool Has(ConsoleModifiers modifiers, ConsoleModifiers one) => (modifiers & one) != 0;

    private static char Character(ConsoleKey key, ConsoleModifiers modifiers) => key switch
    {
        ConsoleKey.Enter => '\r',
        >= ConsoleKey.A and <= ConsoleKey.Z when modifiers == ConsoleModifiers.Control => (char)(key - ConsoleKey.A + 1),
        _ => '\0',
    };

    private static ConsoleKeyInfo Key(char c) => new(
        c,
        c switch { '\n' or '\r' => ConsoleKey.Enter, '\e' => ConsoleKey.Escape, _ => ConsoleKey.NoName },
        shift: false,
        alt: false,
        control: false);

    private ScriptedKeys Add(ConsoleKeyInfo key, bool typed)
    {
        _keys.Enqueue((key, typed));
        return this;
    }
}
