import type { Command } from 'commander'
import { examples, JSON_OPTION, page } from './command-page.ts'

const reviewsPage = () => import('../commands/reviews.ts')

export const addReviews = (writ: Command): void => {
  const reviews = writ
    .command('reviews')
    .description('what people are asked: escalated decisions, loosened policies, raised ceilings')
    .addHelpText(
      'after',
      examples(
        'writ reviews list --role cfo',
        'writ reviews show 0192d3c4-…',
        'WRIT_API_KEY=… writ reviews vote 0192d3c4-… approve --reason KEY_ACCOUNT',
        'WRIT_API_KEY=… writ reviews vote 0192d3c4-… decline --reason TOO_RISKY --text "see the notes"',
      ),
    )
  reviews
    .command('list')
    .description('reviews, those opened last first')
    .option('--state <state>', 'open, granted, declined, expired, withdrawn; default: open')
    .option('--role <role>', 'only those that this role may vote in')
    .option('--domain <domain>', 'only of this domain')
    .option(...JSON_OPTION)
    .action(page(reviewsPage, 'listReviews'))
  reviews
    .command('show <id>')
    .description('what is asked, of whom, until when, and how they voted')
    .option(...JSON_OPTION)
    .action(page(reviewsPage, 'showReview'))
  reviews
    .command('vote <id> <verdict>')
    .description('approve or decline, as the person whose key WRIT_API_KEY is')
    .requiredOption('--reason <CODE>', 'UPPER_SNAKE, counted in statistics')
    .option('--text <text>', 'for people; sealed where the review concerns a person')
    .option('--digest <digest>', 'what you were shown; default: what is asked now, shown first')
    .option(...JSON_OPTION)
    .action(page(reviewsPage, 'voteInReview'))
  reviews
    .command('withdraw <id>')
    .description('take a question back that you have asked')
    .requiredOption('--reason <text>', 'why')
    .option(...JSON_OPTION)
    .action(page(reviewsPage, 'withdrawFromReview'))
}
