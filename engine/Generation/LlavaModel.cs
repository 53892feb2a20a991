using System.Runtime.CompilerServices;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Generation;

/// <summary>
/// A LLaVA ready to be talked to: weights on a device, tokenizer, image preparation and conversation template. Any thread may start conversations, load and dispose. One conversation computes at a time
/// on a device; chats take turns, those of several models on one device too.
/// </summary>
/// <example><code>
/// using LlavaModel model = LlavaModel.Load("path/to/llava");
/// foreach (string piece in model.Ask("What is in the image?", [ImageFile.Read("photo.jpg")])) { Console.Write(piece); }
/// </code></example>
public sealed class LlavaModel : IDisposable
{
    private const int DefaultContext = 4096;
    private readonly Device? _owned;
    private readonly ConditionalWeakTable<ChatSession, object?> _sessions = [];
    private bool _disposed;

    private LlavaModel(
        string name, Llava network, LlavaTokenizer tokenizer, ImageProcessor processor, ConversationTemplate template, int context, Device? owned)
    {
        ContextLength = context;
        Name = name;
        Network = network;
        Tokenizer = tokenizer;
        Processor = processor;
        Template = template;
        _owned = owned;
    }

    /// <summary>Gets the folder's name.</summary>
    public string Name { get; }

    /// <summary>Gets the tokenizer.</summary>
    public LlavaTokenizer Tokenizer { get; }

    /// <summary>Gets what prepares images.</summary>
    public ImageProcessor Processor { get; }

    /// <summary>Gets the template that chats use unless they choose another.</summary>
    public ConversationTemplate Template { get; }

    /// <summary>Gets where images go within the turn that they come with.</summary>
    public ImageOrder ImageOrder { get; private init; }

    /// <summary>Gets how image files that come with messages are read, and what they may cost.</summary>
    public ImageReadOptions ImageFiles { get; private init; } = ImageReadOptions.Default;

    /// <summary>Gets the device.</summary>
    public Device Device => Network.Device;

    /// <summary>Gets the most rows that a conversation may have, rows of images included.</summary>
    public int ContextLength { get; }

    /// <summary>Gets the rows that one image takes of the context.</summary>
    public int RowsPerImage => Network.Config.RowsPerImage;

    /// <summary>Gets one line each of what the folder's files ask for that is not used, weights included, and of what had to be assumed.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>Gets the network.</summary>
    internal Llava Network { get; }

    /// <summary>Gets what keeps conversations from computing at the same time, those of other models on the same device included.</summary>
    internal Lock Gate => Network.Device.Gate;

    /// <summary>Loads a model folder: Hugging Face LLaVA, or original LLaVA with its CLIP folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="device">Where to compute, owned by the caller; null for the processor. Conversations of other models on it wait until
    /// this one is loaded.</param>
    /// <param name="options">What to take from elsewhere than the folder.</param>
    /// <param name="progress">Receives bytes read and bytes in all.</param>
    /// <returns>The model.</returns>
    /// <exception cref="InvalidDataException">A file is damaged or contradicts another; the message names it.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static LlavaModel Load(string path, Device? device = null, LlavaModelOptions? options = null, Action<long, long>? progress = null)
    {
        options ??= new LlavaModelOptions();
        options.ImageFiles?.Validate();
        ModelFolder folder = ModelFolder.OpenWithProjector(path, options.VisionTower, options.ProjectorWeights);
        int context = ChooseContext(folder.Config.Text.MaxPositions, options.ContextLength);
        LlavaTokenizer tokenizer = LlavaTokenizer.Load(folder.TokenizerFolder);
        folder.CheckTokenizer(tokenizer);
        ImageProcessorOptions images = folder.ReadImageOptions();
        ImageProcessor processor = new(images with { Aspect = options.Aspect ?? images.Aspect });
        List<string> warnings = [];
        Device? owned = device is null ? new CpuDevice() : null;
        Llava? network = null;
        try
        {
            Device computing = device ?? owned!;
            lock (computing.Gate)
            {
                ObjectDisposedException.ThrowIf(computing.IsDisposed, computing);
                network = Llava.Create(computing, folder.Config, context);
                warnings.AddRange(folder.Load(network.Parameters, computing, progress).Warnings);
            }

            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
            ConversationTemplate template = options.Template ?? ChooseTemplate(folder, warnings);
            return new LlavaModel(name, network, tokenizer, processor, template, context, owned)
            {
                ImageOrder = options.ImageOrder,
                ImageFiles = options.ImageFiles ?? ImageReadOptions.Default,
                Warnings = warnings,
            };
        }
        catch
        {
            network?.Dispose();
            owned?.Dispose();
            throw;
        }
    }

    /// <summary>Begins a conversation.</summary>
    /// <param name="template">Another template than the model's, or null.</param>
    /// <returns>The conversation, which the caller disposes.</returns>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public ChatSession StartChat(ConversationTemplate? template = null)
    {
        // Memory is reserved and cleared on the device, which another conversation may be using.
        lock (Gate)
        {
            RequireUsable();
            ChatSession session = new(this, template ?? Template);
            _sessions.Add(session, null);
            return session;
        }
    }

    /// <summary>Asks one question.</summary>
    /// <param name="question">The question.</param>
    /// <param name="images">Images that it is about.</param>
    /// <param name="options">How to answer; greedy by default.</param>
    /// <param name="cancellation">Ends the answer early.</param>
    /// <returns>The answer in pieces, as they are generated.</returns>
    public IEnumerable<string> Ask(string question, IReadOnlyList<RgbImage> images, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        using ChatSession chat = StartChat();
        foreach (string piece in chat.Send(question, images, options, cancellation))
        {
            yield return piece;
        }
    }

    /// <summary>
    /// Answers many questions, several at once, each as if it were asked alone: on the CPU to the same bits. Memory is reserved for as many as <see cref="BatchOptions"/> allows; the rest wait.
    /// </summary>
    /// <param name="questions">The questions, which are taken as places become free.</param>
    /// <param name="options">How to answer; greedy by default.</param>
    /// <param name="batch">How many at once.</param>
    /// <param name="template">Another template than the model's, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <returns>One answer for each question, in their order; a question that cannot be asked has a failure in its place.</returns>
    /// <exception cref="ArgumentException">An option has no meaning.</exception>
    /// <exception cref="NotFiniteNumberException">What the model computed is NaN or infinite.</exception>
    /// <exception cref="ObjectDisposedException">The model or its device is disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<QuestionAnswer> AnswerMany(
        IEnumerable<LlavaQuestion> questions, GenerationOptions? options = null, BatchOptions? batch = null, ConversationTemplate? template = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        return new QuestionAnswerer(this, template ?? Template, (options ?? new GenerationOptions()).Validate(), (batch ?? new BatchOptions()).Validate()).Run(questions, cancellation);
    }

    /// <summary>
    /// Computes how likely given answers to questions are, from the same tokens that training takes its loss on: to choose among options without generating text.
    /// </summary>
    /// <param name="questions">The questions, each with its answers; taken as they are needed.</param>
    /// <param name="template">Another template than the model's, or null.</param>
    /// <param name="cancellation">Stops between questions.</param>
    /// <returns>For each question a likelihood of each of its answers, in their order.</returns>
    /// <exception cref="ArgumentException">A question has no answers, or does not fit into the context.</exception>
    /// <exception cref="NotFiniteNumberException">What the model computed is NaN or infinite.</exception>
    /// <exception cref="ObjectDisposedException">The model or its device is disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<IReadOnlyList<AnswerLikelihood>> Score(
        IEnumerable<(LlavaQuestion Question, IReadOnlyList<string> Answers)> questions, ConversationTemplate? template = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        return Scored(questions, template ?? Template, cancellation);
    }

    /// <summary>
    /// Frees weights and conversations once the step that is being computed has ended. Answers under way end with an <see cref="ObjectDisposedException"/> when their next piece is asked for. A second
    /// call does nothing.
    /// </summary>
    public void Dispose()
    {
        lock (Gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (ChatSession session in _sessions.Select(static entry => entry.Key).ToList())
            {
                session.Dispose();
            }

            Network.Dispose();
            _owned?.Dispose();
        }
    }

    /// <summary>Refuses what comes after the end; <see cref="Gate"/> is held.</summary>
    internal void RequireUsable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ObjectDisposedException.ThrowIf(Device.IsDisposed, Device);
    }

    /// <summary>Lets go of a session that was disposed.</summary>
    internal void Forget(ChatSession session) => _sessions.Remove(session);

    private IEnumerable<IReadOnlyList<AnswerLikelihood>> Scored(
        IEnumerable<(LlavaQuestion Question, IReadOnlyList<string> Answers)> questions, ConversationTemplate template, CancellationToken cancellation)
    {
        AnswerScorer? scorer = null;
        try
        {
            foreach ((LlavaQuestion question, IReadOnlyList<string> answers) in questions)
            {
                cancellation.ThrowIfCancellationRequested();
                AnswerLikelihood[] likelihoods;
                lock (Gate)
                {
                    RequireUsable();
                    scorer ??= new AnswerScorer(this, template);
                    likelihoods = answers.Count > 0 ? scorer.Score(question, answers)
                        : throw new ArgumentException("A question has no answers; expected one or more to score.", nameof(questions));
                }

                yield return likelihoods;
            }
        }
        finally
        {
            lock (Gate)
            {
                scorer?.Dispose();
            }
        }
    }

    private static int ChooseContext(int positions, int? asked)
    {
        int context = asked ?? Math.Min(positions, DefaultContext);
        return context >= 1 && context <= positions ? context
            : throw new ArgumentException($"The context is {context} rows; expected 1 to the model's {positions}.");
    }

    // The template that the weights were trained with, where the folder knows it; else what LLaVA derives from names.
    private static ConversationTemplate ChooseTemplate(ModelFolder folder, List<string> warnings)
    {
        if (folder.FindTemplate() is { } known)
        {
            return known;
        }

        ConversationTemplate guessed = ConversationTemplates.ForModel(folder.Path, folder.Layout == CheckpointLayout.HuggingFace ? "llava" : "llava_llama", folder.Config.Projector.ToString());
        warnings.Add($"{folder.Path} does not say which conversation template its weights were trained with; {guessed} is taken, as LLaVA chooses by name.");
        return guessed;
    }
}
