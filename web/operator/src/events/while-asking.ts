/**
 * Keeps what is heard by event while a list is asked for. The list may have been put together before the event, and would
 * undo it when it arrives: for up to a minute, until it is asked for again.
 */
export class WhileAsking<News> {
  readonly #underWay = new Set<News[]>();

  hear(news: News): void {
    for (const heard of this.#underWay) heard.push(news);
  }

  /** The answer with all applied that was heard since the question was put. */
  async ask<Answer>(question: () => Promise<Answer>, apply: (answer: Answer, news: News) => Answer): Promise<Answer> {
    const heard: News[] = [];
    this.#underWay.add(heard);
    try {
      return heard.reduce(apply, await question());
    } finally {
      this.#underWay.delete(heard);
    }
  }
}
